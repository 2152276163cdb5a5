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

from origins import Documents, Mailbox, Shadowserver, Taxii, Web, context, make_authority

PATIENCE = 40
SECRETS = {'basic': 'wT9-basic-pass', 'header': 'wT9-header-key', 'mailbox': 'wT9-mail-pass',
    'shadowserver': 'wT9-shadow-secret'}
API_KEY = 'wT9-shadow-key'
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


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass


def memory_holds(pid, secret):
    """Whether the secret stands in what that process can write to; None: not to be read."""
    try:
        with open('/proc/%d/maps' % pid) as maps, open('/proc/%d/mem' % pid, 'rb', 0) as mem:
            for line in maps:
                span, mode = line.split()[:2]
                first, last = (int(x, 16) for x in span.split('-'))
                if not mode.startswith('rw') or '[v' in line or last - first > 1 << 28:
                    continue
                mem.seek(first)
                if secret.encode() in (mem.read(last - first) or b''):
                    return True
        return False
    except OSError:
        return None


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


# ---- one kind after the other: what is there, what comes, what is acknowledged

def mail(host):
    return (b'From: reports@example.org\r\nSubject: infected\r\nMIME-Version: 1.0\r\n'
        b'Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%d@example.org>\r\n'
        b'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n'
        b'Content-Type: text/plain\r\n\r\nB3 OK not the server speaking {10}\r\n--x\r\n'
        b'Content-Type: text/csv; name="%s-event4_sinkhole-test.csv"\r\n\r\n%s--x--\r\n'
        % (host, SEEN[:10].encode(), report([host], '100.64.3.').replace(b'\n', b'\r\n')))


def sighting_bundle(host, net='100.64.4.'):
    """STIX: our address took part in what malware did."""
    ref = lambda type: '%s--00000000-0000-4000-8000-%012d' % (type, host + 1000 * int(net[7]))
    when = SEEN.replace(' ', 'T') + 'Z'
    common = {'spec_version': '2.1', 'created': when, 'modified': when}
    return [dict(common, type='malware', id=ref('malware'), name='mirai', is_family=True,
            malware_types=['bot']),
        {'type': 'ipv4-addr', 'spec_version': '2.1', 'id': ref('ipv4-addr'),
            'value': '%s%d' % (net, host)},
        dict(common, type='observed-data', id=ref('observed-data'), first_observed=when,
            last_observed=when, number_observed=1, object_refs=[ref('ipv4-addr')]),
        dict(common, type='sighting', id=ref('sighting'), sighting_of_ref=ref('malware'),
            first_seen=when, last_seen=when, count=1, observed_data_refs=[ref('observed-data')])]


def misp_event(host):
    uuid = '00000000-0000-4000-8000-%012d' % host
    return uuid, json.dumps({'Event': {'uuid': uuid, 'info': 'infected', 'date': SEEN[:10],
        'timestamp': str(int(time.time()) - 600), 'Orgc': {'name': 'Test', 'uuid': uuid},
        'Attribute': [{'uuid': uuid, 'type': 'ip-src', 'category': 'Network activity',
            'value': '100.64.5.%d' % host, 'to_ids': True,
            'Tag': [{'name': 'rsit:malicious-code="infected-system"'}],
            'timestamp': str(int(time.time()) - 600)}]}}).encode()


class Origins:
    """One of each kind, and the entries of the configuration that fetch from them."""

    def __init__(self, work, tls):
        self.mailbox = Mailbox(tls, 'reports', SECRETS['mailbox'])
        self.moving = Mailbox(tls, 'reports', SECRETS['mailbox'], starttls=True, can=('MOVE',))
        self.shadowserver = Shadowserver(API_KEY, SECRETS['shadowserver'])
        self.taxii, self.misp = Taxii(), Documents()
        self.misp.at['/feed/manifest.json'] = b'{}'
        self.webs = {name: Web(tls, o) for name, o in (('shadowserver', self.shadowserver),
            ('taxii', self.taxii), ('misp', self.misp))}
        password = secret_file(work, 'mailbox', SECRETS['mailbox'] + '\n')
        key = secret_file(work, 'shadowserver',
            '[api]\nkey = %s\nsecret = %s\n' % (API_KEY, SECRETS['shadowserver']))
        shadow = self.webs['shadowserver']
        self.entries = [
            {'name': 'mailbox', 'type': 'imap', 'user': 'reports', 'password_file': password,
                'url': 'imaps://127.0.0.1:%d/' % self.mailbox.port},
            {'name': 'moving', 'type': 'imap', 'user': 'reports', 'password_file': password,
                'url': 'imap://127.0.0.1:%d/' % self.moving.port, 'done': 'Done'},
            {'name': 'shadowserver', 'type': 'shadowserver', 'password_file': key, 'limit': 2,
                'url': shadow.url('/api2/'), 'download': shadow.url('/dl/'), 'delta': True},
            {'name': 'taxii', 'type': 'taxii', 'url': self.webs['taxii'].url('/taxii2/'),
                'collection': 'botnets', 'limit': 3},
            {'name': 'misp', 'type': 'misp', 'url': self.webs['misp'].url('/feed')}]

    def fill(self, hosts):
        manifest = json.loads(self.misp.at['/feed/manifest.json'])
        for host in hosts:
            self.mailbox.deliver(mail(host))
            self.moving.deliver(json.dumps({'type': 'bundle', 'id': 'bundle--00000000-0000-'
                '4000-8000-%012d' % host, 'objects': sighting_bundle(host, '100.64.6.')}).encode())
            self.shadowserver.add('event4_sinkhole', report([host], '100.64.2.'))
            # Of one moment, and more than a page: a date does not tell where a page ends.
            self.taxii.add(sighting_bundle(host), '2026-01-01T00:00:%02d.000001Z' % host)
            uuid, event = misp_event(host)
            self.misp.at['/feed/%s.json' % uuid] = event
            manifest[uuid] = {'info': 'x', 'timestamp': '1%09d' % host, 'date': SEEN[:10]}
        self.misp.at['/feed/manifest.json'] = json.dumps(manifest).encode()

    def acknowledged(self, directory):
        """Everything is settled at its origin and nothing waits."""
        return (self.mailbox.unseen() == 0 and not self.moving.folders['INBOX'] and
            not waiting_files(directory))


def expected(hosts):
    nets = ['100.64.%d.' % n for n in (2, 3, 4, 5, 6)]
    return sorted('%s%d' % (net, host) for net in nets for host in hosts)


def test_kinds(botkoll, work, ca, tls):
    o = Origins(work, tls)
    o.fill([1, 2, 3])
    o.shadowserver.broken.add(o.shadowserver.reports[0]['id'])
    configure(work, ca, o.entries)
    daemon = Daemon(botkoll, work)
    daemon.start()
    all_there = lambda hosts: lambda: set(expected(hosts)) <= set(addresses(daemon.directory))
    daemon.wait('a failed download is told', lambda: '500' in (
        daemon.feeds().get('shadowserver', {}).get('reason') or ''))
    daemon.wait('one report that fails does not stop the others',
        lambda: len(o.shadowserver.downloads) == 2)
    o.shadowserver.broken.clear()
    daemon.wait('all kinds', all_there([1, 2, 3]))
    daemon.wait('acknowledged', lambda: o.acknowledged(daemon.directory))
    before = daemon.feeds()
    o.fill([4])
    o.mailbox.renumber()
    daemon.wait('what came later', all_there([1, 2, 3, 4]))
    daemon.wait('acknowledged', lambda: o.acknowledged(daemon.directory))
    check(addresses(daemon.directory) == expected([1, 2, 3, 4]), 'each once: %s' % (
        addresses(daemon.directory)))
    check(not o.mailbox.seen_by_fetch and not o.moving.seen_by_fetch,
        'no mail is marked by being fetched')
    check(sorted(len(f) for f in o.moving.folders.values()) == [0, 4], 'mails were moved')
    check(('STARTTLS', '') in o.moving.log, 'STARTTLS was demanded')
    check(len(o.shadowserver.downloads) == 4 and o.shadowserver.refused == 0,
        'each report was downloaded once, under a good HMAC')
    feeds = daemon.feeds()
    check(all(f['reason'] is None and f['waiting'] == 0 for f in feeds.values()),
        'nothing wrong, nothing waiting')
    check(feeds['taxii']['documents'] - before['taxii']['documents'] <= 2,
        'TAXII went on from where it was')
    asked = [p for m, p, h, b in o.webs['taxii'].log if 'objects' in p]
    check(any('added_after' in p for p in asked) and any('next=' in p for p in asked),
        'added_after and next')
    sources = json.loads(subprocess.run([botkoll, 'measure', 'today', '--json', '-d',
        daemon.directory], stdout=subprocess.PIPE).stdout)['sources']
    check({s['source']: s.get('delta', False) for s in sources}.get('shadowserver') is True and
        sum(s.get('delta', False) for s in sources) == 1, 'statistics know the delta mode')
    check(daemon.stop() == 0, 'SIGTERM ends it in order')


def test_refusals(botkoll, work, ca, tls):
    """A wrong key, a wrong password, no TLS: told, without the secret."""
    o = Origins(work, tls)
    o.fill([1])
    wrong = secret_file(work, 'wrong', '[api]\nkey = %s\nsecret = %s\n' % (API_KEY, 'other'))
    odd = secret_file(work, 'odd', '[api]\nkey = other-key\nsecret = %s\n' %
        SECRETS['shadowserver'])
    plain = Mailbox(tls, 'reports', SECRETS['mailbox'], starttls=True)
    plain.offer_tls = False
    entries = [dict(o.entries[2], name='hmac', password_file=wrong),
        dict(o.entries[2], name='key', password_file=odd),
        dict(o.entries[0], name='password', password_file=wrong),
        dict(o.entries[0], name='folder', folder='Missing'),
        dict(o.entries[1], name='plain', url='imap://127.0.0.1:%d/' % plain.port),
        dict(o.entries[3], name='collection', collection='closed')]
    configure(work, ca, entries)
    daemon = Daemon(botkoll, work)
    daemon.start()
    daemon.wait('all are told', lambda: len([f for f in daemon.feeds().values()
        if f['reason']]) == len(entries))
    feeds = {name: f['reason'] for name, f in daemon.feeds().items()}
    for name, words in (('hmac', '401'), ('key', 'key and secret'), ('password', 'denied'),
            ('folder', 'refuses the folder'), ('plain', 'SSL'), ('collection', 'collection')):
        check(words in feeds[name], '%s: %s' % (name, feeds[name]))
    check(not any(verb in ('LOGIN', 'AUTHENTICATE') for verb, rest in plain.log),
        'no password without TLS')
    check(addresses(daemon.directory) == [] and o.mailbox.unseen() == 1, 'nothing was taken')
    check(daemon.stop() == 0, 'SIGTERM ends it in order')


def test_jail(daemon):
    """What a fetch that is taken over finds: one secret, no file, no other process."""
    pids = daemon.roles('fetch')
    holders, strangers = [], []
    for pid in pids:
        with open('/proc/%d/status' % pid) as f:
            status = dict(line.split(':', 1) for line in f)
        check(status['Seccomp'].strip() == '2' and int(status['CapEff'], 16) == 0 and
            status['NoNewPrivs'].strip() == '1', 'fetch %d: filter, no capabilities' % pid)
        check(os.stat('/proc/%d/mem' % pid).st_uid == 0, 'its memory is not to be dumped')
        opened = [os.readlink('/proc/%d/fd/%s' % (pid, fd)) for fd in os.listdir('/proc/%d/fd' % pid)]
        files = [p for p in opened if p.startswith(daemon.directory)]
        check(all('/snapshots/fetch-' in p or '/spool/' in p for p in files),
            'it holds no file but its state and its document: %s' % sorted(
            os.path.relpath(p, daemon.directory) for p in files))
    everybody = [daemon.process.pid] + [pid for role in ('engine', 'intake', 'actor', 'fetch')
        for pid in daemon.roles(role)]
    for pid in everybody:
        known = [name for name, secret in SECRETS.items() if memory_holds(pid, secret)]
        (holders if pid in pids else strangers).append(known)
    check(not any(strangers) and all(len(k) <= 1 for k in holders),
        'one secret each, and in nobody else\'s memory: %s %s' % (holders, strangers))
    check(any(holders) or memory_holds(pids[0], 'x') is None, 'the search does find them')


def test_kills(botkoll, work, ca, tls):
    """Nothing lost, nothing twice, nothing acknowledged early."""
    o = Origins(work, tls)
    configure(work, ca, o.entries)
    daemon, rng, early, kills = Daemon(botkoll, work), random.Random(1), [], {}

    def acknowledged(content):
        address = json.loads(content)['objects'][1]['value']
        if address not in addresses(daemon.directory):
            early.append(address)

    o.moving.acknowledged = acknowledged
    daemon.start()
    hosts, end = [], time.monotonic() + 15
    while time.monotonic() < end:
        time.sleep(rng.uniform(0.05, 0.4))
        if len(hosts) < 40:
            hosts.append(len(hosts) + 1)
            o.fill(hosts[-1:])
        role = rng.choice(['fetch', 'fetch', 'fetch', 'intake', 'engine', 'parent'])
        pids = daemon.roles(role) if role != 'parent' else []
        if pids:
            kill(rng.choice(pids))
            kills[role] = kills.get(role, 0) + 1
        elif role == 'parent' and rng.random() < 0.15:
            kill(daemon.process.pid)
            daemon.process.wait()
            time.sleep(0.3)
            daemon.start()
            kills[role] = kills.get(role, 0) + 1
    print('         killed: %s' % kills)
    wanted = expected(hosts)
    daemon.wait('everything is in', lambda: set(wanted) <= set(addresses(daemon.directory)))
    daemon.wait('acknowledged', lambda: o.acknowledged(daemon.directory))
    got = addresses(daemon.directory)
    check(got == wanted, 'each once, none lost: %d; missing %s' % (
        len(got), sorted(set(wanted) - set(got))))
    check(not early, 'nothing was acknowledged before the store had it: %s' % early)
    check(not o.mailbox.seen_by_fetch, 'no mail is marked by being fetched')
    test_jail(daemon)
    check(daemon.stop() == 0, 'SIGTERM ends it in order')


def hunt_secrets(work):
    """No secret in what the daemon printed, answered or wrote."""
    for name in SECRETS.values():
        found = subprocess.run(['grep', '-rlF', name, work], stdout=subprocess.PIPE).stdout
        places = [os.path.basename(p) for p in found.decode().split()]
        check(len(places) <= 2 and set(places) <= set(SECRETS) | {'odd'},
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
        for test in (lambda w: test_documents(botkoll, w, ca, tls, strange),
                lambda w: test_kinds(botkoll, w, ca, tls),
                lambda w: test_refusals(botkoll, w, ca, tls),
                lambda w: test_kills(botkoll, w, ca, tls)):
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
