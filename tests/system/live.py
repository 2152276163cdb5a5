#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""live.py -- the daemon as it runs at a provider: wall clock, live inputs, a mail server.

usage: live.py ROOT BOTKOLL

A registry of four lines on leased addresses. While the daemon runs, its lease log grows,
an exporter sends NetFlow v9 with the present time, and a report is moved into its
directory. One line scans for telnet and talks to a listed command server (two groups),
one stands in the report: each gets one case and one letter. One browses, one is silent:
nobody hears of them. What the line did is charged to who held the address then: during
the run the scanner's address goes to the silent line. The daemon ends on SIGTERM, and
started again it changes nothing.

Waiting times are shortened by configuration (lateness, pair_wait, epoch), nothing else.
"""
import email, json, os, shutil, signal, socket, struct, subprocess, sys, tempfile, time

try:
    from aiosmtpd.controller import Controller
except ImportError:
    print('skipped: python3-aiosmtpd is not installed')
    raise SystemExit(77)

PATIENCE = 60
SCANNER, REPORTED, INNOCENT = '100.64.0.11', '100.64.0.12', '100.64.0.13'
C2, C2_PORT, POPULAR = '203.0.113.66', 48101, '203.0.113.67'
SYN, ACK, PSH, FIN = 2, 16, 8, 1
failed = []


def check(good, what):
    print('%-8s %s' % ('ok' if good else 'FAILED', what), flush=True)
    if not good:
        failed.append(what)


class Letters:
    def __init__(self):
        self.taken = []

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
        return '250 taken'

    def to(self):
        return sorted(address for tos, _ in self.taken for address in tos)


class Exporter:
    """NetFlow v9: template 256, flow times as system uptime."""
    FIELDS = [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (6, 1), (2, 4), (1, 4), (22, 4), (21, 4)]

    def __init__(self, port, domain=7):
        self.address, self.domain = ('127.0.0.1', port), domain
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.boot = time.time() - 3600
        self.sequence, self.waiting = 0, []

    def record(self, src, dst, sport, dport, flags, packets, size, first, last):
        uptime = [int((t - self.boot) * 1000) for t in (first, last)]
        self.waiting.append(socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack(
            '>HHBBIIII', sport, dport, 6, flags, packets, size, *uptime))
        if len(self.waiting) == 24:
            self.send()

    def flow(self, src, dst, sport, dport, answered, packets=12, ago=1.0):
        last = time.time() - ago
        first = last - 0.5
        if not answered:
            self.record(src, dst, sport, dport, SYN, 2, 120, first, last)
            return
        flags = SYN | ACK | PSH | FIN
        self.record(src, dst, sport, dport, flags, packets, 90 * packets, first, last)
        self.record(dst, src, dport, sport, flags, packets, 400 * packets, first + 0.02, last)

    def send(self):
        template = struct.pack('>HH', 256, len(self.FIELDS)) + b''.join(
            struct.pack('>HH', *f) for f in self.FIELDS)
        template = struct.pack('>HH', 0, 4 + len(template)) + template
        data = b''.join(self.waiting)
        data += bytes(-len(data) % 4)
        data = struct.pack('>HH', 256, 4 + len(data)) + data
        now = time.time()
        self.socket.sendto(struct.pack('>HHIIII', 9, 1 + len(self.waiting),
            int((now - self.boot) * 1000), int(now), self.sequence, self.domain) + template + data,
            self.address)
        self.sequence += 1
        self.waiting = []


class Daemon:
    def __init__(self, botkoll, config, directory):
        self.botkoll, self.directory = botkoll, directory
        self.log = open(os.path.join(os.path.dirname(config), 'log'), 'a')
        self.process = subprocess.Popen([botkoll, 'run', '-c', config],
            stdout=self.log, stderr=self.log)
        self.wait('its roles', self.ready)

    def ask(self, *command):
        got = subprocess.run([self.botkoll, *command, '-d', self.directory],
            capture_output=True, text=True)
        if got.returncode != 0:
            return None
        return [json.loads(line) for line in got.stdout.splitlines()]

    def status(self):
        got = self.ask('status', '--json')
        return got[0] if got else {}

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(20)
        s.connect(os.path.join(self.directory, 'control'))
        return s

    @staticmethod
    def line(s):
        text = b''
        while not text.endswith(b'\n'):
            more = s.recv(1)
            if not more:
                raise SystemExit('the control socket ended within an answer')
            text += more
        return text

    def verb(self, name, args=None):
        s = self.connect()
        s.sendall(json.dumps({'verb': name, 'args': args or {}}).encode() + b'\n')
        answer = json.loads(self.line(s))
        s.close()
        return answer

    def pids(self, role):
        found = []
        with open('/proc/%d/task/%d/children' % (self.process.pid, self.process.pid)) as f:
            for pid in f.read().split():
                try:
                    with open('/proc/%s/comm' % pid) as comm:
                        if comm.read().strip() == role:
                            found.append(int(pid))
                except OSError:
                    pass
        return found

    def ready(self):
        status = self.status()
        roles = status.get('roles', [])
        return (roles and all(r['alive'] for r in roles) and status['sources'] and
            all(s.get('port') for s in status['sources']))

    def wait(self, what, holds, patience=PATIENCE):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise SystemExit('the daemon ended by itself: %r' % self.process.returncode)
            if holds():
                return True
            time.sleep(0.1)
        check(False, 'in time: ' + what)
        print(json.dumps(self.status())[:3000])
        return False

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.log.close()
        return code


def stamp(t):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(t))


def lease(address, subscriber, since, until=None):
    return '%s,start,%s,,,%s,%s\n' % (stamp(since), address, subscriber,
        stamp(until or time.time() + 7200))


def past_lease(address, days):
    """A lease that ended so many days ago."""
    end = time.time() - days * 86400
    return lease(address, 'silent', end - 86400, end)


def append(path, text):
    with open(path, 'a') as f:
        f.write(text)


def write(work, name, text):
    with open(os.path.join(work, name), 'w') as f:
        f.write(text)
    os.chmod(os.path.join(work, name), 0o644)


def site(work, smtp_port):
    os.mkdir(os.path.join(work, 'reports'))
    write(work, 'registry.csv', 'line,subscriber,realm,prefixes,name,email,phone,postal,'
        'language,segment,profile,exempt,operator\n' + ''.join(
        '%d,%s,1,,Test %s,%s@kund.example.invalid,,,sv,consumer,,,\n' % (i, who, who, who)
        for i, who in enumerate(('scanner', 'reported', 'innocent', 'silent'), 1)))
    began = time.time() - 3600
    write(work, 'leases.csv', 'time,action,address,port_lo,port_hi,subscriber,expires\n' +
        past_lease(SCANNER, 100) + past_lease(SCANNER, 91) + past_lease(SCANNER, 89) +
        lease(SCANNER, 'scanner', began))
    write(work, 'indicators.csv', 'value,port,protocol,role,purpose,confidence,source,family\n'
        '%s,%d,tcp,c2,malicious-code,80,test-list,mirai\n%s,,,c2,malicious-code,80,test-list,\n'
        % (C2, C2_PORT, POPULAR))
    write(work, 'botkoll.yaml', '''
directory: data
clock: wall
epoch: 2s
shadow: no
realms:
  - {name: isp, number: 1, networks: [100.64.0.0/16]}
sources:
  - name: border
    type: netflow
    port: 0
    lateness: 1s
    classes: [traffic]
    ground: {basis: own-test-network, review: 2099-01-01T00:00:00Z}
reports:
  - name: shadowserver
    path: reports
    ground: {basis: network-security, review: 2099-01-01T00:00:00Z}
leases:
  - {type: csv, path: leases.csv}
intel: [indicators.csv]
registry: registry.csv
detect: {pair_wait: 2s, snapshot: 1s}
detectors: {indicator: {active_lines: 10, hit_lines: 8, share: 0.3}}
console: {enabled: yes, port: 0}
mail: {server: 127.0.0.1, port: %d, from: abuse@isp.example.invalid}
''' % smtp_port)


def send_traffic(port):
    """A browser, and a scanner that also talks to its command server."""
    exporter = Exporter(port)
    for i in range(40):
        exporter.flow(INNOCENT, '192.0.2.%d' % (1 + i % 9), 40000 + i, 443, True)
    for i in range(70):
        exporter.flow(SCANNER, '203.0.113.%d' % (100 + i), 50000 + i, 23, i % 10 == 0)
    for i in range(3):
        exporter.flow(SCANNER, C2, 51000 + i, C2_PORT, True)
    exporter.send()
    return exporter


def drop_report(work):
    """Written under a name that is not looked at, then moved in whole."""
    seen = time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(time.time() - 600))
    text = ('"timestamp","protocol","src_ip","src_port","severity","dst_ip","dst_port",'
        '"infection","family","tag"\n"%s","tcp","%s","51515","critical","203.0.113.5",80,'
        '"andromeda","andromeda","sinkhole"\n' % (seen, REPORTED))
    path = os.path.join(work, 'reports', '%s-event4_sinkhole-test.csv' % seen[:10])
    with open(path + '.part', 'w') as f:
        f.write(text)
    os.chmod(path + '.part', 0o644)
    os.rename(path + '.part', path)


def lease_lines(daemon, what='lines'):
    return sum(r.get('status', {}).get(what, 0) for r in daemon.status().get('roles', ())
        if r['role'] == 'leases')


def grow_leases(daemon, path):
    """Half a line, later its rest: nothing may be read of it before it is whole."""
    whole = lease(REPORTED, 'reported', time.time() - 3600)
    before = lease_lines(daemon)
    append(path, whole[:30])
    time.sleep(1.5)
    check(lease_lines(daemon) == before, 'half a line of the lease log is not read')
    append(path, whole[30:] + lease(INNOCENT, 'innocent', time.time() - 3600))
    daemon.wait('the lease log followed', lambda: lease_lines(daemon) == before + 2)


def open_files(pid):
    """Names of the reports that a process still has open."""
    names = [os.readlink(e.path) for e in os.scandir('/proc/%d/fd' % pid)]
    return [n for n in names if '/reports/' in n]


def first_run(daemon, work, letters):
    daemon.wait('leases that ended 90 days ago forgotten', lambda:
        lease_lines(daemon, 'leases') == 2 == daemon.status()['leases'])
    grow_leases(daemon, os.path.join(work, 'leases.csv'))
    exporter = send_traffic(daemon.status()['sources'][0]['port'])
    daemon.wait('a letter for the scanner', lambda: letters.to())
    # The address changes hands: what was done before stays with who did it.
    append(os.path.join(work, 'leases.csv'), lease(SCANNER, 'silent', time.time()))
    drop_report(work)
    daemon.wait('a letter for the reported', lambda: len(letters.to()) > 1)
    daemon.wait('intake lets the report go', lambda: not open_files(daemon.pids('intake')[0]))
    for i in range(20):
        exporter.flow(SCANNER, '192.0.2.%d' % (20 + i), 42000 + i, 443, True)
    exporter.send()
    time.sleep(6)
    status = daemon.status()
    source = status['sources'][0]
    check(source['lost'] == 0 and source['malformed'] == 0 and source['decoded'] ==
        source['records'] == exporter.sequence, 'status: every datagram decoded, none lost')
    check(source['flow_records'] == 40 * 2 + 70 + 7 + 6 + 20 * 2,
        'status: %d flow records' % source['flow_records'])
    marks = [r['status'] for r in status['roles'] if r['role'] == 'detect'][0]
    check(marks['marks'] >= 2 and marks['marks_late'] == 0, 'status: both lines are marked, in time')
    check(status['clock'] == 'wall' and status['outbox']['done'] == 2,
        'status: two letters done')
    check(not [r for r in status['roles'] if r['down'] or r['restarts']],
        'status: no role was restarted')
    with open(os.path.join(work, 'log')) as f:
        alarms = [line for line in f if line[:3] in ('<0>', '<1>', '<2>', '<3>')]
    check(not alarms, 'a first start alarms nobody: %s' % alarms)


def judge_cases(daemon):
    cases = daemon.ask('case', 'list')
    check(len(cases) == 2 and all(c['notices'] == 1 for c in cases), 'two cases, one notice each')
    causes = set()
    for case in cases:
        told = daemon.ask('case', 'explain', case['code'])[0]
        causes.add(tuple(sorted({e['cause'] for e in told['evidence']})))
        check(told['posterior'] >= 0.99, 'posterior %.4f by %s' % (told['posterior'],
            ', '.join(sorted({e['cause'] for e in told['evidence']}))))
    check(('detector:indicator', 'detector:scan') in causes, 'two groups of own evidence')
    return cases


def notices(daemon):
    return [n for r in daemon.status().get('roles', ()) for n in
        r.get('status', {}).get('notices', ())]


def suspended(daemon, work):
    """An indicator that most lines hit goes to a person, who retires or resumes it."""
    exporter = Exporter(daemon.status()['sources'][0]['port'])
    for i in range(40):
        exporter.flow('100.64.1.%d' % i, POPULAR, 40000 + i, 443, True)
    exporter.send()
    daemon.wait('the suspension in status', lambda: notices(daemon))
    told = notices(daemon)[0]
    check(told.startswith(POPULAR + ' (') and 'outbreak' in told, 'status: ' + told)
    check(daemon.ask('intel', 'resume', POPULAR) == [], 'a person resumes it')
    daemon.wait('the notice gone', lambda: daemon.ready() and not notices(daemon))
    for i in range(40):
        exporter.flow('100.64.2.%d' % i, POPULAR, 40000 + i, 443, True)
    exporter.send()
    time.sleep(15)
    check(not notices(daemon), 'resumed: not suspended again')
    check(daemon.ask('intel', 'retire', POPULAR) == [], 'a person retires it')
    check(daemon.ask('intel', 'retire', 'no/value') is None, 'what is no value is refused')
    with open(os.path.join(work, 'data', 'reviews.csv')) as f:
        check([line.split(',')[:2] for line in f] == [[POPULAR, 'keep'], [POPULAR, 'retired']],
            'both answers are on file')


def measure(daemon):
    """By the batch role: not the engine, gone afterwards; killed, it is told to who asked."""
    answer = daemon.verb('measure.today')
    check(answer['ok'] and answer['result']['subscribed_lines'] == 4 and
        answer['result']['active'] == 2, 'measure.today: 2 of 4 lines active')
    daemon.wait('batch gone', lambda: not daemon.pids('batch'))
    s = daemon.connect()
    s.sendall(b'{"verb":"measure.today"}\n' * 20)
    killed = 0
    end = time.monotonic() + 5
    while not killed and time.monotonic() < end:
        for pid in daemon.pids('batch'):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    lines = [json.loads(line) for line in [daemon.line(s) for _ in range(20)]]
    s.close()
    told = [a for a in lines if not a['ok']]
    check(killed == 1 and 1 <= len(told) < 20 and all('ask again' in a['error'] for a in told),
        'batch killed: %d answers, %d sentences' % (20 - len(told), len(told)))
    answer = daemon.verb('measure.today', {'days': 401})
    check(not answer['ok'] and '400' in answer['error'], 'too many days are refused')
    check(daemon.verb('measure.today', {'days': 3})['ok'], 'the next one is answered')


def main():
    root, botkoll = sys.argv[1:3]
    work = tempfile.mkdtemp(prefix='botkoll-live-')
    os.chmod(work, 0o755)
    letters = Letters()
    smtp = Controller(letters, hostname='127.0.0.1', port=free_port())
    smtp.start()
    try:
        run(botkoll, work, letters, smtp)
    finally:
        smtp.stop()
        if failed:
            with open(os.path.join(work, 'log')) as f:
                print(f.read()[-4000:])
        if not os.environ.get('KEEP'):
            shutil.rmtree(work)
    print('%d failed' % len(failed))
    return 1 if failed else 0


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def run(botkoll, work, letters, smtp):
    site(work, smtp.port)
    config, directory = os.path.join(work, 'botkoll.yaml'), os.path.join(work, 'data')
    began = time.monotonic()
    daemon = Daemon(botkoll, config, directory)
    try:
        first_run(daemon, work, letters)
        before = judge_cases(daemon)
        measure(daemon)
    finally:
        code = daemon.stop()
    check(code == 0, 'SIGTERM ends it with status 0')
    check(letters.to() == ['reported@kund.example.invalid', 'scanner@kund.example.invalid'],
        'letters to the scanner and the reported, nobody else: %s' % letters.to())
    daemon = Daemon(botkoll, config, directory)
    try:
        suspended(daemon, work)
        check(daemon.ask('case', 'list') == before, 'started again: the same cases')
        daemon.wait('started again: the log read again brings none back', lambda:
            lease_lines(daemon, 'caught_up') and
            lease_lines(daemon, 'leases') == daemon.status()['leases'] == 5)
        check(daemon.ask('audit', 'verify') is not None, 'the audit chain is whole')
    finally:
        code = daemon.stop()
    check(code == 0 and len(letters.taken) == 2, 'started again: no further letter')
    print('%.0f s' % (time.monotonic() - began))


if __name__ == '__main__':
    raise SystemExit(main())
