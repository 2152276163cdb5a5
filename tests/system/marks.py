#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""marks.py -- weak evidence is told of marked lines, and of nobody else.

usage: marks.py ROOT BOTKOLL

Four lines make the same weak scans, some failing telnet contacts in the night and some in
the afternoon: 2 nats each, far below the posterior of 0.1 from which on detect tells the
engine by itself. A and C are reported by a sinkhole at one o'clock. C has a leased address,
which D gets at noon. So the store must hold what A did, and what C did before noon; of B
and D nothing, and nothing before the report has come. The same with two and three detect
processes, and with detect and engine killed on the way; without the report nothing is
stored of anybody.
"""
import datetime, ipaddress, os, random, shutil, signal, socket, sqlite3, struct, sys, tempfile
import time
import kill

DAY = 1767225600  # 2026-01-01
NOON = DAY + 12 * 3600
A, B, CD, BUSY = ('198.18.0.%d' % n for n in (10, 11, 20, 30))
CONFIG = """directory: data
clock: replay
seed: 1
shadow: no
realms:
  - {name: isp, number: 1, networks: [198.18.0.0/16]}
sources:
  - name: border
    type: pcap
    path: traffic.pcap
    classes: [traffic]
    ground: {basis: own-test-network, review: 2027-12-31T00:00:00Z}
reports:
  - {name: shadowserver, path: reports, delay: 10m, ground: {basis: network-security, review: 2027-12-31T00:00:00Z}}
leases:
  - {type: csv, path: leases.csv}
registry: registry.csv
detect: {processes: 1, lines: 1024, snapshot: 100ms}
"""


def packet(src, dst, sport, dport, flags):
    tcp = struct.pack('>HHIIBBHHH', sport, dport, 1, 1, 5 << 4, flags, 1024, 0, 0)
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0,
        socket.inet_aton(src), socket.inet_aton(dst))
    return bytes(12) + b'\x08\x00' + ip + tcp


def traffic():
    """(time, packet): the scans, and one busy line that tells the time."""
    rng = random.Random(3)
    for line in (A, B, CD):
        for hour in (0.5, 15):
            for i in range(8):
                stranger = str(ipaddress.ip_address(0x50000000 + rng.randrange(1 << 24)))
                yield DAY + hour * 3600 + i, packet(line, stranger, 40000 + i, 23, 2)
    for t in range(DAY, DAY + 86400, 120):
        yield t, packet(BUSY, '203.0.113.5', 30000 + t % 20000, 443, 2)
        yield t + .1, packet('203.0.113.5', BUSY, 443, 30000 + t % 20000, 0x12)
        yield t + .2, packet(BUSY, '203.0.113.5', 30000 + t % 20000, 443, 0x11)


def write_input(directory):
    with open(os.path.join(directory, 'traffic.pcap'), 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for t, frame in sorted(traffic()):
            f.write(struct.pack('<IIII', int(t), int(t % 1 * 1e6), len(frame), len(frame)) + frame)
    stamp = lambda t: datetime.datetime.fromtimestamp(t, datetime.timezone.utc)
    with open(os.path.join(directory, 'leases.csv'), 'w') as f:
        f.write('time,action,address,subscriber,expires\n')
        for t, who in ((DAY - 3600, 'sub-c'), (NOON, 'sub-d')):
            f.write('%s,start,%s,%s,%s\n' % (stamp(t).strftime('%Y-%m-%dT%H:%M:%SZ'), CD, who,
                stamp(t + 2 * 86400).strftime('%Y-%m-%dT%H:%M:%SZ')))
    with open(os.path.join(directory, 'registry.csv'), 'w') as f:
        f.write('line,subscriber,realm,prefixes,email,language\n')
        for i, (prefix, key) in enumerate(((A, ''), (B, ''), ('', 'sub-c'), ('', 'sub-d'))):
            f.write('%d,%s,1,%s,line%d@example.net,en\n' % (1000 + i, key, prefix, i))
    os.mkdir(os.path.join(directory, 'reports'))
    write_report(directory)


def write_report(directory):
    columns = 'timestamp,protocol,src_ip,src_port,severity,dst_ip,dst_port,infection,family,tag'
    with open(os.path.join(directory, 'reports', '2026-01-01-event4_sinkhole-test.csv'), 'w') as f:
        f.write(columns + '\n')
        for line in (A, CD):
            f.write('2026-01-01 01:00:00,tcp,%s,50000,critical,203.0.113.19,80,mirai,mirai,sinkhole\n'
                % line)


def told(directory):
    """Who was told of by a detector: the subscribers' numbers, and when they were heard."""
    store = sqlite3.connect('file:%s/store.db?mode=ro' % directory, uri=True)
    rows = store.execute('select line, first, last, received from sighting where finding = 1'
        ' order by line').fetchall()
    reported = store.execute('select line, max(received) from sighting where finding = 0 and role = 0'
        ' and line <> 0 group by line').fetchall()
    marks = store.execute('select seq from sqlite_sequence where name = ?', ('mark',)).fetchone()
    store.close()
    return rows, dict(reported), marks[0] if marks else 0


class Test:
    def __init__(self, botkoll, work):
        self.botkoll, self.work = botkoll, work
        self.log = open(os.path.join(work, 'log'), 'w')
        self.failed = []

    def check(self, name, good, what):
        print('%-28s %s  %s' % (name, 'ok' if good else 'FAILED', what), flush=True)
        if not good:
            self.failed.append(name)

    def run(self, text, kills=()):
        mail = kill.Mail()
        daemon = kill.Daemon(self.botkoll, kill.configure(self.work, text, mail.port), self.log)
        for role in kills:
            time.sleep(0.05)
            for pid in daemon.roles().get(role, [])[:1]:
                os.kill(pid, signal.SIGKILL)
        status = daemon.wait_done()
        daemon.stop()
        mail.shutdown()
        mail.server_close()
        state = [row for row in kill.dump(daemon.directory) if not row.startswith("('detect/")]
        return status, state, told(daemon.directory)

    def reference(self):
        _, self.state, (rows, reported, marks) = self.run(CONFIG)
        lines = {row[0] for row in rows}
        self.check('of the reported lines alone', len(reported) == 2 and lines == set(reported),
            '%d findings about %d lines, %d marks' % (len(rows), len(lines), marks))
        self.check('after the mark, not before', rows and all(
            r[3] >= reported[r[0]] + 300e6 for r in rows if r[0] in reported), '')
        ends = sorted(r[2] / 1e6 for r in rows)
        self.check('and not of the next holder', len(rows) == 2 and ends[0] < NOON < ends[1],
            'newest evidence at %s' % ['%.1f h' % ((t - DAY) / 3600) for t in ends])


def main():
    work = tempfile.mkdtemp(prefix='botkoll-marks-')
    os.chmod(work, 0o755)
    write_input(work)
    test = Test(os.path.abspath(sys.argv[2]), work)
    test.reference()
    for n in (2, 3):
        _, state, _ = test.run(CONFIG.replace('processes: 1', 'processes: %d' % n))
        test.check('%d detect processes' % n, kill.compare('processes', test.state, state), '')
    for n in (1, 2):
        text = CONFIG.replace('processes: 1', 'processes: %d' % n)
        status, state, _ = test.run(text, ['detect', 'engine', 'detect', 'engine', 'detect'])
        restarts = sum(r['restarts'] for r in status['roles'])
        test.check('killed on the way', restarts > 0 and kill.compare('killed', test.state, state),
            '%d restarts' % restarts)
    shutil.rmtree(os.path.join(work, 'reports'))
    os.mkdir(os.path.join(work, 'reports'))
    _, _, (rows, _, marks) = test.run(CONFIG)
    test.check('without a report', not rows and marks == 0, '%d findings' % len(rows))
    if test.failed:
        print('failed: %s (see %s)' % (', '.join(test.failed), work))
        return 1
    shutil.rmtree(work)
    return 0


if __name__ == '__main__':
    sys.exit(main())
