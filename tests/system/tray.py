#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tray.py -- reports at a live daemon: overload, mail by pipe, what people must read.

usage: tray.py ROOT BOTKOLL [--rows N]

N ordinary rows lie in the directory of reports, in files of 5,000; then a file with 20
rows of a grave class is moved in. The grave ones must be taken in before the ordinary
ones are through, and the delay is printed; intake and engine must not grow with N. Then a
file that nothing reads, a mail through `botkoll report mail`, a feed that goes wrong
three times: the tray shows them, severest first, a person closes them, and the alarm
stands until the feed is well again.
"""
import argparse, json, os, shutil, signal, subprocess, sys, tempfile, time

CONFIG = '''directory: data
clock: wall
epoch: 1s
shadow: no
realms:
  - {name: isp, number: 1, networks: [198.18.0.0/15]}
reports:
  - {name: shadowserver, path: reports, ground: {basis: network-security, review: 2099-01-01T00:00:00Z}}
  - {name: abuse-box, type: maildir, path: mail, ground: {basis: network-security, review: 2099-01-01T00:00:00Z}}
mail: {server: 127.0.0.1, port: 1, from: abuse@isp.example.net}
'''
HEAD = '"timestamp","ip","port","protocol"\n'
failed = []


def check(good, what):
    print('%-8s %s' % ('ok' if good else 'FAILED', what), flush=True)
    if not good:
        failed.append(what)


class Site:
    def __init__(self, botkoll, work):
        self.botkoll, self.work = botkoll, work
        self.data, self.config = os.path.join(work, 'data'), os.path.join(work, 'test.yaml')
        os.chmod(work, 0o755)
        os.mkdir(os.path.join(work, 'reports'))
        os.mkdir(os.path.join(work, 'mail'))
        with open(self.config, 'w') as f:
            f.write(CONFIG)

    def start(self):
        log = open(os.path.join(self.work, 'log'), 'w')
        self.daemon = subprocess.Popen([self.botkoll, 'run', '-c', self.config], stdout=log,
            stderr=log)

    def ask(self, *words):
        done = subprocess.run([self.botkoll, *words, '-d', self.data, '--json'],
            capture_output=True, text=True, timeout=60)
        return done.returncode, [json.loads(l) for l in done.stdout.splitlines()]

    def status(self):
        code, rows = self.ask('status')
        return rows[0] if rows else None

    def until(self, good, patience=120):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            status = self.status()
            if status and good(status):
                return status
            time.sleep(0.1)
        return None

    def put(self, name, text):
        path = os.path.join(self.work, 'reports', name)
        with open(path + '.tmp', 'w') as f:
            f.write(text)
        os.rename(path + '.tmp', path)

    def peak(self, role):
        """The most memory that the role ever had, MB."""
        pids = [r['pid'] for r in self.status()['roles'] if r['role'] == role]
        with open('/proc/%d/status' % pids[0]) as f:
            return [int(l.split()[1]) for l in f if l.startswith('VmHWM')][0] / 1024


def rows(count, second, first):
    stamp = time.strftime('%Y-%m-%d %H:', time.gmtime(time.time() - 7200))
    return ''.join('"%s%02d:%02d","198.18.%d.%d",23,"tcp"\n' % (stamp, (first + i) // 60 % 60,
        (second + i) % 60, (first + i) // 250 % 250, (first + i) % 250 + 1) for i in range(count))


def grave_items(status):
    return sum(b['items'] for b in status['books']
        if b['type'] == 'compromised_website' or 'sinkhole' in b['type'])


def overload(site, count):
    day = time.strftime('%Y-%m-%d', time.gmtime())
    for i in range(count // 5000):
        site.put('%s-scan_telnet-%03d.csv' % (day, i), HEAD + rows(5000, i, 5000 * i))
    began = time.monotonic()
    site.start()
    early = site.until(lambda s: s['reports']['received'] >= 5000)
    memory = site.peak('engine'), site.peak('intake')
    put = time.monotonic()
    site.put('%s-event4_sinkhole-grave.csv' % day, HEAD.replace('"ip"', '"src_ip"').replace(
        '"port"', '"src_port"') + rows(20, 0, 0))
    status = site.until(lambda s: grave_items(s) == 20)
    delay = time.monotonic() - put
    check(early and status is not None, 'the grave rows came in')
    if status is None:
        return
    before = status['reports']['received']
    check(before < count, 'grave before ordinary: after %.1f s, %d of %d rows were in'
        % (delay, before - 20, count))
    status = site.until(lambda s: s['reports']['received'] >= count + 20)
    took = time.monotonic() - began
    check(status is not None and status['reports']['unaccounted'] == 0,
        'all %d rows in %.0f s' % (count, took))
    for role, first in zip(('engine', 'intake'), memory):
        now = site.peak(role)
        check(now < first + 24, '%s: %.0f MB after 5,000 rows, %.0f MB at the end'
            % (role, first, now))


def people(site):
    """What nothing reads waits for people."""
    site.put('zz-nonsense.bin', '\x01\x02 nothing that a parser knows\n')
    done = subprocess.run([site.botkoll, 'report', 'mail', os.path.join(site.work, 'mail')],
        input=b'From: someone@example.net\nSubject: hello\n\nnot about anything\n')
    check(done.returncode == 0, 'a mail by pipe is taken')
    check(subprocess.run([site.botkoll, 'report', 'mail', site.work + '/nowhere'], input=b'x',
        capture_output=True).returncode == 75, 'a mail that cannot be kept: 75, try again')
    status = site.until(lambda s: s['reports']['waiting_for_people'] >= 1 and any(
        b['source'] == 'abuse-box' for b in s['books']))
    check(status is not None, 'both are accounted for: %s' % (status and [(b['source'],
        b['outcome']) for b in status['books'] if b['outcome'] in ('unread', 'aside')]))
    subprocess.run([site.botkoll, 'report', 'mail', os.path.join(site.work, 'mail')],
        input=('"timestamp","src_ip","infection"\n"%s","198.18.0.7","mirai"\n' % time.strftime(
        '%Y-%m-%d %H:%M:%S', time.gmtime(time.time() - 7200))).encode(), check=True)
    status = site.until(lambda s: sum(b['items'] for b in s['books']
        if b['source'] == 'abuse-box') >= 2)
    check(status is not None and not [b for b in status['books'] if b['source'] == 'abuse-box'
        and b['outcome'] == 'sightings'], 'a mail that poses as Shadowserver\'s file is not one')
    code, waiting = site.ask('report', 'unread', 'list')
    item = [w for w in waiting if w['source'] == 'shadowserver'][0]
    code, shown = site.ask('report', 'unread', 'show', str(item['number']))
    check('nothing that a parser knows' in shown[0]['piece'], 'a person reads what was written')
    code, _ = site.ask('report', 'unread', 'done', str(item['number']), '-m', 'advertising')
    check(code == 0 and item['number'] not in [w['number'] for w in
        site.ask('report', 'unread', 'list')[1]], 'done with an outcome, it is gone')


def alarms(site):
    """A feed that goes wrong: said until it is well again."""
    day = time.strftime('%Y-%m-%d', time.gmtime())
    name = day + '-event4_honeypot_brute_force-%s.csv'
    bad = HEAD + '"some day","198.18.0.9",22,"tcp"\n'
    for i in range(3):
        site.put(name % ('bad%d' % i), bad + '# %d\n' % i)
    status = site.until(lambda s: any('nothing could be read' in a['what'] for a in s['alarms']))
    check(status is not None, 'an alarm: %s' % (status and status['alarms'][0]['what']))
    site.put(name % 'good', HEAD.replace('"ip"', '"src_ip"') + rows(3, 0, 0))
    status = site.until(lambda s: not any('nothing could' in a['what'] for a in s['alarms']))
    check(status is not None, 'it ends when the feed is well again')
    site.put(name % 'new', '"timestamp","src_ip","brand_new"\n' + '"%s","198.18.0.9","x"\n'
        % time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(time.time() - 3600)))
    status = site.until(lambda s: any('schema does not know' in a['what'] for a in s['alarms']))
    check(status is not None, 'a new column: %s' % (status and status['alarms'][0]['what']))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('root')
    parser.add_argument('botkoll')
    parser.add_argument('--rows', type=int, default=100000)
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix='botkoll-tray-')
    site = Site(os.path.abspath(args.botkoll), work)
    try:
        overload(site, args.rows)
        people(site)
        alarms(site)
    finally:
        site.daemon.send_signal(signal.SIGTERM)
        site.daemon.wait(20)
    if failed:
        with open(os.path.join(work, 'log')) as f:
            print(''.join(f.readlines()[-15:]))
        print('failed: %s (see %s)' % ('; '.join(failed), work))
        return 1
    shutil.rmtree(work)
    return 0


if __name__ == '__main__':
    sys.exit(main())
