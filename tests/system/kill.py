#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill.py -- nothing lost, nothing twice: every role is killed while it works.

usage: kill.py ROOT BOTKOLL [--kills N] [--role ROLE]... [--seed S]

A small simulated provider is replayed from files, once undisturbed. Then, role by role,
the same input is replayed while that role is sent SIGKILL again and again, at seeded
delays after each of its starts and at seeded counts of what it has done. What is in the
store afterwards must be, byte for byte, what the undisturbed run left; every notice must
have been accepted by the mail server, and a second copy only where the kill fell between
the end of DATA and its answer.

Console and batch hold nothing that lasts. While they are killed somebody asks them all
the time, and gets the answer or is told to ask again: each kill ends all sessions of the
console, with 401; a connection breaks only under a kill.

A first start says nothing of level 3 or worse, and restarts no role.
"""
import argparse, http.client, json, os, random, re, shutil, signal, socket, socketserver
import sqlite3, subprocess, sys, tempfile, threading, time

ROLES = ['decode', 'detect', 'intake', 'leases', 'engine', 'actor', 'console', 'batch',
    'parent']
PATIENCE = 120
SLOW = 1   # seconds that a loaded machine may take to write down that a letter is taken


class Mail(socketserver.ThreadingTCPServer):
    """Takes mail; remembers each message, when DATA ended and when that was answered."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, refuse_first=0):
        super().__init__(('127.0.0.1', 0), Conversation)
        self.port = self.server_address[1]
        self.refuse_first = refuse_first  # attempts of each recipient answered with 451
        self.attempts = {}
        self.taken = []                   # (message id, bytes, end of DATA, answer taken)
        self.hold = None                  # event: answers to DATA wait for it,
        self.hold_from = 1                # from this message on
        self.held = threading.Event()
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def ids(self):
        with self.lock:
            return [m[0] for m in self.taken]


class Conversation(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b'\r\n')

    def handle(self):
        self.say('220 test')
        self.record = None
        try:
            while True:
                line = self.rfile.readline()
                if self.record: # whoever goes on has written down what was answered
                    self.record[3] = min(time.monotonic(), self.record[3] + SLOW)
                    self.record = None
                if not line or not self.answer(line.strip()):
                    return
        except OSError:
            return

    def answer(self, line):
        verb = line[:4].upper()
        if verb == b'QUIT':
            self.say('221 bye')
            return False
        if verb == b'RCPT':
            with self.server.lock:
                n = self.server.attempts.get(line, 0)
                self.server.attempts[line] = n + 1
            self.say('451 later' if n < self.server.refuse_first else '250 ok')
        elif verb == b'DATA':
            self.take_data()
        else:
            self.say('250 ok')
        return True

    def take_data(self):
        self.say('354 go on')
        text = b''
        while True:
            line = self.rfile.readline()
            if not line:
                return
            if line == b'.\r\n':
                break
            text += line
        ended = time.monotonic()
        found = re.search(rb'^Message-ID: <([^>]+)>', text, re.M)
        record = [found.group(1).decode(), text, ended, None]
        with self.server.lock:
            self.server.taken.append(record)
            number = len(self.server.taken)
        if self.server.hold is not None and number >= self.server.hold_from:
            self.server.held.set()
            self.server.hold.wait(PATIENCE)
        self.say('250 taken')
        record[3] = time.monotonic()
        self.record = record


class Daemon:
    def __init__(self, botkoll, config, log):
        self.botkoll, self.config, self.log = botkoll, config, log
        self.directory = os.path.join(os.path.dirname(config), 'data')
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.botkoll, 'run', '-c', self.config],
            stdout=self.log, stderr=self.log)

    def roles(self):
        """name -> list of process numbers, from /proc."""
        found = {'parent': [self.process.pid]}
        try:
            with open('/proc/%d/task/%d/children' % (self.process.pid, self.process.pid)) as f:
                for pid in f.read().split():
                    with open('/proc/%s/comm' % pid) as comm:
                        found.setdefault(comm.read().strip(), []).append(int(pid))
        except OSError:
            pass
        return found

    def verb(self, verb, **args):
        """The whole answer; None: the engine is not there."""
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(PATIENCE)
                s.connect(os.path.join(self.directory, 'control'))
                s.sendall(json.dumps({'verb': verb, 'args': args}).encode() + b'\n')
                text = b''
                while not text.endswith(b'\n'):
                    more = s.recv(1 << 20)
                    if not more:
                        return None
                    text += more
                return json.loads(text)
        except (OSError, ValueError):
            return None

    def status(self):
        answer = self.verb('status')
        return answer and answer['result']

    def wait_done(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            status = self.status()
            if status and status['replay'] == 'done':
                return status
            if self.process.poll() is not None:
                raise SystemExit('the daemon ended by itself: %r' % self.process.returncode)
            time.sleep(0.02)
        raise SystemExit('not done after %d s: %s' % (PATIENCE, json.dumps(self.status())))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def dump(directory):
    """All that must be the same: no keys, no ciphertext, no digests of ciphertext."""
    out = []
    store = sqlite3.connect('file:%s/store.db?mode=ro' % directory, uri=True)
    for query in (
            'select hex(id), line, case_id, first, last, received, days, superseded, vetoed,'
            ' answer, source, identifier, hex(body), hex(trail) from sighting order by id',
            'select * from cases order by id',
            'select * from case_cause order by 1, 2, 3',
            'select case_id, number, time, type, actor_kind, actor, policy_version, score,'
            ' posterior, prior, groups, upstreams, gold, step, until, hex(ref) from entry'
            ' order by 1, 2',
            'select hex(key), case_id, kind, template, state, verb, step, created,'
            ' not_before, expires, changed, attempts from outbox order by key',
            'select * from day_seen order by 1, 2, 3, 4',
            'select name, number from stream order by name'):
        out.append(query)
        out += [repr(row) for row in store.execute(query)]
    store.close()
    return out


def split_reports(directory):
    """Many small reports instead of few: more epochs, more places to be killed in."""
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        with open(path) as f:
            lines = f.read().splitlines(True)
        os.unlink(path)
        for i in range(1, len(lines), 6):
            part = os.path.join(directory, name.replace('.csv', '-%03d.csv' % i))
            with open(part, 'w') as f:
                f.writelines([lines[0]] + lines[i:i + 6])


def make_input(botkoll, directory, seed, days=2):
    subprocess.run([botkoll, 'simulate', '-o', directory, '--lines', '300', '--days', str(days),
        '--seed', str(seed)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    split_reports(os.path.join(directory, 'reports'))
    with open(os.path.join(directory, 'botkoll.yaml')) as f:
        text = f.read()
    text = re.sub(r'^mail:.*\n', '', text, flags=re.M)
    return (text + 'detect: {processes: 1, lines: 2048, snapshot: 100ms}\n'
        'console: {enabled: yes, port: 0}\n')


def configure(work, text, port, extra='', timeout='20s'):
    shutil.rmtree(os.path.join(work, 'data'), ignore_errors=True)
    path = os.path.join(work, 'test.yaml')
    with open(path, 'w') as f:
        f.write(text + extra + 'mail: {server: 127.0.0.1, port: %d, timeout: %s,'
            ' from: abuse@isp.example.invalid}\n' % (port, timeout))
    return path


def progress(status, role):
    """What the role has done, by its own count."""
    if status is None:
        return 0
    if role == 'decode':
        return sum(s['number'] for s in status['sources'])
    if role == 'engine':
        return status['sightings'] + status['epochs']
    count = {'detect': 'events', 'intake': 'sightings', 'leases': 'lines', 'actor': 'orders',
        'console': 'answered'}
    return sum(r.get('status', {}).get(count.get(role), 0) for r in status['roles']
        if r['role'] == role)


def kill_often(daemon, role, kills, rng):
    """Seeded kills; returns their times. Ends early only if the replay ended first."""
    times, last, deadline = [], 0, time.monotonic() + PATIENCE + kills
    while len(times) < kills and time.monotonic() < deadline:
        pids = daemon.roles().get(role, [])
        pids = [p for p in pids if p != last] or []
        if not pids:
            time.sleep(0.001)
            continue
        pid = rng.choice(pids)
        if role == 'batch': # it lives for some milliseconds
            time.sleep(rng.uniform(0, 0.003))
        elif rng.random() < 0.5:
            time.sleep(rng.uniform(0.001, 0.06))
        else:
            goal, wait = rng.randint(1, 3000), time.monotonic() + 0.3
            while progress(daemon.status(), role) < goal and time.monotonic() < wait:
                time.sleep(0.002)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        times.append(time.monotonic())
        last = pid
        if role == 'parent':
            daemon.process.wait()
            daemon.start()
    return times


class Asker(threading.Thread):
    """Asks one thing again and again, until told to end."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.service, self.ended = daemon, threading.Event()
        self.good, self.refused, self.broken, self.wrong = 0, 0, 0, []

    def run(self):
        try:
            while not self.ended.is_set():
                self.ask()
        except Exception as e: # told by the main thread
            self.wrong.append(repr(e))

    def finish(self):
        """Once more, with nobody killing: that must be answered."""
        self.ended.set()
        self.join(PATIENCE)
        before = self.good
        for _ in range(3): # 401, login, answer
            self.ask()
        if self.good == before:
            self.wrong.append('no answer in the end')
        return not self.wrong and not self.is_alive()


class Measurer(Asker):
    def __init__(self, daemon):
        super().__init__(daemon)
        while daemon.process.poll() is None and not daemon.status():
            time.sleep(0.01)

    def ask(self):
        answer = self.service.verb('measure.today')
        if answer and answer['ok']:
            self.good += answer['result']['subscribed_lines'] == 300
        elif answer and 'ask again' in answer['error']:
            self.refused += 1
        else:
            self.wrong.append(repr(answer))


class Visitor(Asker):
    """Of the console: logs in, reads cases, logs in again where the session has ended."""
    NAME, PASSWORD = 'visitor', 'a password for kills'

    def __init__(self, daemon):
        super().__init__(daemon)
        self.cookie, self.port = '', self.find_port()
        once = daemon.verb('staff.onetime', name=self.NAME)['result']['password']
        code, body = self.log_in(once)
        code, _ = self.call('POST', '/api/password', {'password': self.PASSWORD},
            json.loads(body)['csrf'])
        assert code == 200, code

    def find_port(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for r in (self.service.status() or {'roles': []})['roles']:
                if r['role'] == 'console' and r.get('status', {}).get('port'):
                    return r['status']['port']
            time.sleep(0.01)
        raise SystemExit('no console')

    def call(self, method, path, body=None, csrf=''):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body and json.dumps(body), {'X-CSRF-Token': csrf,
                'Content-Type': 'application/json', 'Cookie': self.cookie})
            reply = connection.getresponse()
            text = reply.read()
            cookie = reply.getheader('Set-Cookie')
            if cookie:
                self.cookie = cookie.split(';')[0]
            return reply.status, text
        finally:
            connection.close()

    def log_in(self, password):
        return self.call('POST', '/api/login', {'name': self.NAME, 'password': password})

    def ask(self):
        try:
            code, text = self.call('GET', '/api/cases?limit=5')
            if code == 401:
                self.refused += 1
                code, text = self.log_in(self.PASSWORD)
            elif code == 200:
                self.good += isinstance(json.loads(text)['cases'], list)
            if code not in (200, 503):
                self.wrong.append('%d %r' % (code, text[:80]))
        except (http.client.HTTPException, ConnectionError):
            self.broken += 1


ASKERS = {'console': Visitor, 'batch': Measurer}


def compare(name, expected, got):
    if expected == got:
        return True
    print('%s: the store differs' % name)
    a, b = set(expected), set(got)
    for line in sorted(a - b)[:5]:
        print('  missing: %.300s' % line)
    for line in sorted(b - a)[:5]:
        print('  extra:   %.300s' % line)
    return False


def check_mail(name, mail, expected, kills):
    """Everything at least once; twice only where a kill fell into the doubtful moment."""
    ids, good = mail.ids(), True
    if set(ids) != set(expected):
        print('%s: notices: expected %d, accepted %d' % (name, len(set(expected)), len(set(ids))))
        good = False
    for ident in set(ids):
        copies = [m for m in mail.taken if m[0] == ident]
        if len({m[1] for m in copies}) != 1:
            print('%s: copies of %s differ' % (name, ident))
            good = False
        for first in copies[:-1]:
            answered = first[3] if first[3] is not None else first[2] + 10
            if not any(first[2] <= t <= answered for t in kills):
                print('%s: a second copy of %s without a kill in its DATA' % (name, ident))
                good = False
    return good, len(ids) - len(set(ids))


class Test:
    def __init__(self, botkoll, work, log, seed):
        self.botkoll, self.work, self.log, self.seed = botkoll, work, log, seed
        self.text = make_input(botkoll, work, seed)
        self.failed = []

    def say(self, name, good, what):
        print('%-24s %s  %s' % (name, 'ok' if good else 'FAILED', what), flush=True)
        if not good:
            self.failed.append(name)

    def daemon(self, mail, extra=''):
        return Daemon(self.botkoll, configure(self.work, self.text, mail.port, extra), self.log)

    def finish(self, daemon, mail):
        status = daemon.wait_done()
        code = daemon.stop()
        state = dump(daemon.directory)
        mail.shutdown()
        mail.server_close()
        return status, code, state

    def undisturbed(self):
        mail = Mail()
        daemon = self.daemon(mail)
        status, code, self.reference = self.finish(daemon, mail)
        self.notices = mail.ids()
        with open(self.log.name) as f:
            alarms = [line for line in f if re.match('<[0-3]>', line)]
        self.say('first start', not alarms and all(r['alive'] and not r['restarts']
            for r in status['roles']), '%d roles, %d alarms %s' % (len(status['roles']),
            len(alarms), ''.join(alarms[:3])))
        good = code == 0 and len(self.notices) > 0 and len(set(self.notices)) == len(self.notices)
        self.say('undisturbed', good, '%d sightings in %d epochs, %d notices, exit %d'
            % (status['sightings'], status['epochs'], len(self.notices), code))

    def kills(self, role, count):
        rng = random.Random('%s %d' % (role, self.seed))
        mail = Mail()
        daemon = self.daemon(mail)
        began = time.monotonic()
        asker = ASKERS[role](daemon) if role in ASKERS else None
        if asker:
            asker.start()
        times = kill_often(daemon, role, count, rng)
        asked = asker is None or asker.finish() and asker.broken <= count
        status, code, state = self.finish(daemon, mail)
        good = compare(role, self.reference, state)
        mail_good, copies = check_mail(role, mail, self.notices, times)
        down = [r['role'] for r in status['roles'] if r['down']]
        told = asker and '%d answers, %d refusals, %d broken %s' % (asker.good,
            asker.refused, asker.broken, asker.wrong[:3]) or '%d second copies' % copies
        self.say('kill ' + role, good and mail_good and asked and not down and code == 0
            and len(times) == count, '%d kills, %s, %.1f s'
            % (len(times), told, time.monotonic() - began))

    def stalled(self):
        """Killed between the end of DATA and its answer: a second copy, the same."""
        mail = Mail()
        mail.hold = threading.Event()
        daemon = self.daemon(mail)
        if not mail.held.wait(60):
            self.say('stalled answer', False, 'no mail came')
            daemon.stop()
            return
        os.kill(daemon.roles()['actor'][0], signal.SIGKILL)
        kill = time.monotonic()
        time.sleep(0.05)
        mail.hold.set()
        _, _, state = self.finish(daemon, mail)
        good, copies = check_mail('stalled', mail, self.notices, [kill])
        self.say('stalled answer', good and copies >= 1
            and compare('stalled', self.reference, state), '%d second copies' % copies)

    def refused_for_an_hour(self):
        """451 to the first six attempts: back-off spans an hour of replayed time."""
        mail = Mail(refuse_first=6)
        daemon = self.daemon(mail)
        _, _, state = self.finish(daemon, mail)
        delivered = [m for m in mail.ids()]
        rows = [eval(r) for r in state if r.startswith("('") and "'mail'" in r]
        waits = [r[10] - r[7] for r in rows if r[4] == 2]
        self.say('mail down for an hour', set(delivered) == set(self.notices)
            and len(delivered) == len(set(delivered)) and waits and min(waits) >= 3600e6,
            '%d notices, later by %.0f to %.0f min' % (len(delivered),
            min(waits or [0]) / 60e6, max(waits or [0]) / 60e6))

    def several_detects(self):
        """How many processes share the lines shows nowhere but in the streams' names."""
        mail = Mail()
        text, self.text = self.text, self.text.replace('processes: 1', 'processes: 3')
        try:
            daemon = self.daemon(mail)
        finally:
            self.text = text
        _, code, state = self.finish(daemon, mail)
        own = lambda dumped: [line for line in dumped if "('detect/" not in line]
        self.say('three detect roles', code == 0 and compare('three', own(self.reference),
            own(state)), '%d notices' % len(mail.ids()))

    def truncated(self):
        path = os.path.join(self.work, 'netflow.pcap')
        with open(path, 'rb') as f:
            whole = f.read()
        try:
            with open(path, 'wb') as f:
                f.write(whole[:len(whole) // 2 + 7])
            mail = Mail()
            daemon = self.daemon(mail)
            status, code, _ = self.finish(daemon, mail)
        finally:
            with open(path, 'wb') as f:
                f.write(whole)
        source = status['sources'][0]
        self.say('truncated input', code == 0 and source['ended'] and source['decoded'] > 0
            and not any(r['restarts'] for r in status['roles']),
            '%d datagrams decoded' % source['decoded'])

    def second_engine(self):
        mail = Mail()
        daemon = self.daemon(mail)
        daemon.wait_done()
        second = subprocess.run([self.botkoll, 'run', '-c', daemon.config],
            capture_output=True, text=True, timeout=20)
        _, code, state = self.finish(daemon, mail)
        self.say('second daemon', second.returncode == 1 and 'another botkoll' in second.stderr
            and code == 0 and compare('second', self.reference, state), second.stderr.strip()[-80:])

    def unreadable_usr(self):
        """The jailed roles' user cannot read /usr: what warm() forgot, fails here."""
        upper = tempfile.mkdtemp(prefix='botkoll-usr-')
        mail = Mail()
        config = configure(self.work, self.text, mail.port)
        script = ('mount -t tmpfs none %s && mkdir %s/u %s/w && chmod 700 %s/u && mount -t'
            ' overlay overlay -o lowerdir=/usr,upperdir=%s/u,workdir=%s/w /usr && chmod 700'
            ' /usr && exec "$0" run -c "$1"' % ((upper,) * 6))
        if os.geteuid() != 0 or subprocess.run(['unshare', '-m', 'sh', '-c',
                script.replace('exec "$0" run -c "$1"', 'exec true')], capture_output=True).returncode:
            print('%-24s skipped: no mount namespace with an overlay here' % 'unreadable /usr')
            return
        daemon = Daemon.__new__(Daemon)
        daemon.directory = os.path.join(self.work, 'data')
        daemon.process = subprocess.Popen(['unshare', '-m', 'sh', '-c', script,
            self.botkoll, config], stdout=self.log, stderr=self.log)
        status, code, state = self.finish(daemon, mail)
        self.say('unreadable /usr', code == 0 and compare('usr', self.reference, state)
            and set(mail.ids()) == set(self.notices)
            and not any(r['restarts'] for r in status['roles']),
            '%d notices' % len(mail.ids()))
        os.rmdir(upper)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('root')
    parser.add_argument('botkoll')
    parser.add_argument('--kills', type=int, default=30)
    parser.add_argument('--role', action='append')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--keep', action='store_true')
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix='botkoll-kill-')
    os.chmod(work, 0o755)
    log = open(os.path.join(work, 'log'), 'w')
    test = Test(os.path.abspath(args.botkoll), os.path.join(work, 'sim'), log, args.seed)
    test.undisturbed()
    for role in args.role or ROLES:
        test.kills(role, args.kills // 3 if role == 'console' else args.kills)
    if not args.role:
        for scene in (test.stalled, test.refused_for_an_hour,
                test.several_detects, test.truncated, test.second_engine, test.unreadable_usr):
            scene()
    if test.failed:
        with open(os.path.join(work, 'log')) as f:
            print(''.join(f.readlines()[-15:]))
        print('failed: %s (see %s)' % (', '.join(test.failed), work))
        return 1
    if not args.keep:
        shutil.rmtree(work)
    return 0


if __name__ == '__main__':
    sys.exit(main())
