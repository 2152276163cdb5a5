#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fetch.py -- feeds and mailboxes, from the origin's server into the store.

usage: fetch.py ROOT BOTKOLL

Servers on loopback, under an authority of the test's own, behave as their protocols say
(origins.py). A daemon with the wall clock fetches from them. What must hold: each report
is in the store once; nothing is acknowledged at its origin before it is; also where
fetch, intake, engine or all of them are killed again and again meanwhile; what is wrong
with a server (certificate, redirect, size, key) is refused with the reason; no secret
shows anywhere; and a fetch that is taken over opens no file.
"""
import json, os, random, re, shutil, signal, socket, sqlite3, subprocess, sys, tempfile, time

from origins import Documents, Web, context, make_authority

PATIENCE = 40
SECRETS = {'basic': 'wT9-basic-pass', 'header': 'wT9-header-key'}
SEEN = time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(time.time() - 600))
MAPPED = bytes(10) + b'\xff\xff'
failed = []


def check(good, what):
    print('%-8s %s' % ('ok' if good else 'FAILED', what), flush=True)
    if not good:
        failed.append(what)
    return good


class Daemon:
    def __init__(self, botkoll, work):
        self.botkoll, self.work = botkoll, work
        self.directory = os.path.join(work, 'data')
        self.log = open(os.path.join(work, 'log'), 'ab')
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [self.botkoll, 'run', '-c', os.path.join(self.work, 'botkoll.yaml')],
            stdout=self.log, stderr=self.log)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def ask(self):
        try:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(5)
            s.connect(os.path.join(self.directory, 'control'))
            s.sendall(b'{"verb":"status","args":{}}\n')
            text = b''
            while not text.endswith(b'\n'):
                more = s.recv(1 << 20)
                if not more:
                    return {}
                text += more
            s.close()
            return json.loads(text)['result']
        except (OSError, ValueError, KeyError):
            return {}

    def feeds(self):
        return {r['status']['feed']: r['status'] for r in self.ask().get('roles', ())
            if r['role'] == 'fetch' and r.get('status')}

    def roles(self, name):
        found, pid = [], self.process.pid
        try:
            with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
                for child in f.read().split():
                    with open('/proc/%s/comm' % child) as comm:
                        if comm.read().strip() == name:
                            found.append(int(child))
        except OSError:
            pass
        return found

    def wait(self, what, holds, patience=PATIENCE):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise SystemExit('the daemon ended by itself: %r' % self.process.returncode)
            if holds():
                return True
            time.sleep(0.1)
        check(False, 'in time: ' + what)
        print(json.dumps(self.feeds(), indent=1)[:4000])
        return False


def addresses(directory):
    """Of the sightings in the store, each as often as it is there."""
    try:
        db = sqlite3.connect('file:%s?mode=ro' % os.path.join(directory, 'store.db'), uri=True)
        rows = db.execute('select body from sighting').fetchall()
        db.close()
    except sqlite3.Error:
        return []
    found = [re.search(MAPPED + rb'(\x64\x40..)', row[0], re.S) for row in rows]
    return sorted('.'.join(str(b) for b in m.group(1)) for m in found)


def report(hosts, net='100.64.1.'):
    """A Shadowserver report of sinkhole rows."""
    return ('"timestamp","protocol","src_ip","src_port","severity","dst_ip","dst_port",'
        '"infection","family","tag"\n' + ''.join(
        '"%s","tcp","%s%d","51515","critical","203.0.113.5",80,"andromeda","andromeda",'
        '"sinkhole"\n' % (SEEN, net, host) for host in hosts)).encode()


def secret_file(work, name, text, mode=0o600):
    path = os.path.join(work, name)
    with open(path, 'w') as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def configure(work, ca, entries):
    text = '''
directory: data
clock: wall
epoch: 1s
shadow: yes
realms:
  - {name: isp, number: 1, networks: [100.64.0.0/16]}
fetch:
'''
    for entry in entries:
        keys = dict({'every': '1s', 'ca_file': ca, 'timeout': '10s',
            'ground': {'basis': 'network-security', 'review': '2099-01-01T00:00:00Z'}}, **entry)
        text += '  - %s\n' % json.dumps(keys)
    with open(os.path.join(work, 'botkoll.yaml'), 'w') as f:
        f.write(text)
    os.chmod(os.path.join(work, 'botkoll.yaml'), 0o644)


def waiting_files(directory):
    return [name for _, _, names in os.walk(os.path.join(directory, 'spool')) for name in names
        if not name.startswith('.')]


# ---- documents

def test_documents(botkoll, work, ca, tls, strange):
    """Lists: conditional, redirected, refused."""
    documents = Documents()
    web, away = Web(tls, documents), Web(tls, Documents())
    plain = Web(None, Documents())
    stranger = Web(strange, Documents())
    day = time.strftime('%Y-%m-%d', time.gmtime())
    path = '/%s-event4_sinkhole-test.csv' % day
    documents.at[path] = report([1, 2])
    documents.at['/big.csv'] = report(range(1, 200))
    away.answer.at['/%s-event4_sinkhole-away.csv' % day] = report([11])
    documents.special['/moved'] = lambda h: (302,
        {'Location': away.url('/%s-event4_sinkhole-away.csv' % day)}, b'x')
    documents.special['/plain'] = lambda h: (301,
        {'Location': 'http://127.0.0.1:%d/' % plain.port}, b'')
    documents.special['/busy'] = lambda h: (503, {'Retry-After': '3600'}, b'')
    entry = lambda name, url, **more: dict({'name': name, 'type': 'url', 'url': url}, **more)
    header = {'password_file': secret_file(work, 'header', SECRETS['header'] + '\n'),
        'auth_header': 'Auth-Key'}
    basic = {'user': 'someone', 'password_file': secret_file(work, 'basic', SECRETS['basic'])}
    configure(work, ca, [entry('list', web.url(path), **header),
        entry('moved', web.url('/moved'), **basic), entry('plain', web.url('/plain')),
        entry('busy', web.url('/busy')), entry('gone', web.url('/gone')),
        entry('big', web.url('/big.csv'), size=2000),
        entry('stranger', stranger.url('/x')),
        entry('closed', 'https://127.0.0.1:1/')])
    daemon = Daemon(botkoll, work)
    daemon.start()
    daemon.wait('three rows', lambda: len(addresses(daemon.directory)) == 3)
    documents.at[path] = report([1, 2, 3])
    daemon.wait('a fourth row', lambda: '100.64.1.3' in addresses(daemon.directory))
    daemon.wait('nothing waits', lambda: not waiting_files(daemon.directory))
    daemon.wait('every feed was looked at',
        lambda: all(f['failures'] + f['documents'] > 0 for f in daemon.feeds().values()))
    daemon.wait('not modified', lambda: daemon.feeds().get('list', {}).get('unchanged', 0) > 1)
    feeds = daemon.feeds()
    check(addresses(daemon.directory) == ['100.64.1.1', '100.64.1.11', '100.64.1.2',
        '100.64.1.3'], 'each row once: %s' % addresses(daemon.directory))
    asked = [h for m, p, h, b in web.log if p == path]
    check(any('If-None-Match' in h for h in asked) and
        all(h.get('Auth-Key') == SECRETS['header'] for h in asked),
        'asked on condition, with the secret header')
    check(any(h.get('Authorization', '').startswith('Basic ') for m, p, h, b in web.log
        if p == '/moved') and all('Authorization' not in h for m, p, h, b in away.log),
        'the password goes to the configured host alone')
    check(not plain.log and 'something else than https' in (feeds['plain']['reason'] or ''),
        'no redirect to http: %s' % feeds['plain']['reason'])
    check('503' in (feeds['busy']['reason'] or '') and
        sum(p == '/busy' for m, p, h, b in web.log) == 1, 'Retry-After is heard')
    check('404' in feeds['gone']['reason'], 'missing: %s' % feeds['gone']['reason'])
    check('size' in feeds['big']['reason'], 'too large: %s' % feeds['big']['reason'])
    check('certificate' in feeds['stranger']['reason'] and not stranger.log,
        'a stranger\'s certificate: %s' % feeds['stranger']['reason'])
    check('connect' in feeds['closed']['reason'], 'closed: %s' % feeds['closed']['reason'])
    check(daemon.stop() == 0, 'SIGTERM ends it in order')
    return web, daemon


def hunt_secrets(work):
    """No secret in what the daemon printed, answered or wrote."""
    for name in SECRETS.values():
        found = subprocess.run(['grep', '-rlF', name, work], stdout=subprocess.PIPE).stdout
        places = [os.path.basename(p) for p in found.decode().split()]
        check(len(places) <= 1 and set(places) <= set(SECRETS),
            'the secret stands in its file alone: %s' % places)


def test_refused(botkoll, work, ca):
    """What `check` says of secrets."""
    cases = [
        ('others may read', dict(password_file=secret_file(work, 'open', 'x', 0o644))),
        ('No such file', dict(password_file=os.path.join(work, 'missing'))),
    ]
    for words, keys in cases:
        configure(work, ca, [dict({'name': 'a', 'type': 'url', 'url': 'https://example.org/',
            'user': 'u'}, **keys)])
        r = subprocess.run([botkoll, 'check', '-q', '-c', os.path.join(work, 'botkoll.yaml')],
            stderr=subprocess.PIPE, text=True)
        check(r.returncode == 2 and words in r.stderr, 'check: %s' % r.stderr.strip())
    for words, url in (('https://', 'http://example.org/'),
            ('do not belong', 'https://u:secret@example.org/')):
        configure(work, ca, [{'name': 'a', 'type': 'url', 'url': url}])
        r = subprocess.run([botkoll, 'check', '-q', '-c', os.path.join(work, 'botkoll.yaml')],
            stderr=subprocess.PIPE, text=True)
        check(r.returncode == 2 and words in r.stderr and 'secret' not in r.stderr,
            'check: %s' % r.stderr.strip())


def main():
    root, botkoll = sys.argv[1], os.path.abspath(sys.argv[2])
    if shutil.which('openssl') is None:
        print('skipped: openssl is not installed')
        return 77
    work = tempfile.mkdtemp(prefix='fetch-')
    os.chmod(work, 0o755)
    try:
        ca, cert, key = make_authority(work)
        strange = context(*make_authority(work, 'stranger')[1:])
        tls = context(cert, key)
        for test in (lambda w: test_documents(botkoll, w, ca, tls, strange),):
            part = tempfile.mkdtemp(dir=work)
            os.chmod(part, 0o755)
            test(part)
            hunt_secrets(part)
        test_refused(botkoll, work, ca)
    finally:
        if failed or os.environ.get('KEEP'):
            print('kept: %s' % work)
        else:
            shutil.rmtree(work, ignore_errors=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
