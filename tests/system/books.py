#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""books.py -- what came in reports is accounted for, item by item, whatever is killed.

usage: books.py ROOT BOTKOLL [--kills N] [--seed S]

A simulated provider's reports, and among them what a mailbox really holds: rows that came
before with other details, rows about addresses that are not ours, victims, rows without a
time, files that nothing reads. How many of each there are is counted here, from the
files. Then the input is replayed undisturbed, and again while intake and engine are sent
SIGKILL at seeded moments: received = sightings + duplicates + not ours + aside + unread,
each as counted here, and everything that is kept is the same.
"""
import argparse, csv, io, os, random, shutil, sqlite3, sys, tempfile, time
import kill

TABLES = (
    'select source, identifier, outcome, reason, items, last from book order by 1, 2, 3, 4',
    'select name, value from counter order by 1',
    'select * from feed order by 1, 2',
    'select hex(id), hex(fold), received, severity, source, upstream, reason, place, told,'
    ' items, done from tray order by 1',
    'select hex(id), case_id, received, told from piece order by 1',
    'select * from reporter order by 1',
    'select reporter, line, class, first, last, due, state from claim order by 1, 2, 3, 4')


def dump(directory):
    out = kill.dump(directory)
    store = sqlite3.connect('file:%s/store.db?mode=ro' % directory, uri=True)
    for query in TABLES:
        out.append(query)
        out += [repr(row) for row in store.execute(query)]
    store.close()
    return out


def table(header, rows):
    text = io.StringIO()
    out = csv.DictWriter(text, header, lineterminator='\n')
    out.writeheader()
    out.writerows(rows)
    return text.getvalue()


def add_odd_reports(directory):
    """Adds to the reports what a mailbox really holds; returns what must become of it."""
    name = sorted(os.listdir(directory))[3]
    with open(os.path.join(directory, name), newline='') as f:
        rows = list(csv.DictReader(f))
    header, n = list(rows[0]), len(rows)
    again = [dict(r, event_id='9' + r['event_id']) for r in rows]
    others = [dict(r, src_ip='203.0.113.%d' % (i + 1)) for i, r in enumerate(rows)]
    timeless = [dict(r, timestamp='some day') for r in rows]
    put = lambda name, text: open(os.path.join(directory, name), 'w').write(text)
    put(name.replace('botkoll', 'again'), table(header, again))
    put(name.replace('botkoll', 'others'), table(header, others))
    put(name.replace('botkoll', 'timeless'), table(header, timeless))
    put(name.replace('event4_sinkhole', 'event4_honeypot_ddos'), table(header, rows))
    put('nonsense-%s.bin' % name, '\x01\x02 no report at all\n')
    return {'duplicates': n, 'not_ours': n, 'unread': n + 1, 'aside': n}


def count_rows(directory):
    total = 0
    for name in os.listdir(directory):
        with open(os.path.join(directory, name), newline='') as f:
            total += 1 if name.endswith('.bin') else len(list(csv.reader(f))) - 1
    return total


class Test(kill.Test):
    def run(self, roles, kills):
        mail = kill.Mail()
        daemon = self.daemon(mail)
        rng, times = random.Random('%s %d' % (roles, self.seed)), []
        for _ in range(kills):
            times += kill.kill_often(daemon, rng.choice(roles), 1, rng)
        status = daemon.wait_done()
        daemon.stop()
        state = dump(daemon.directory)
        mail.shutdown()
        mail.server_close()
        return status, state, len(times)

    def balanced(self, name, status, expected, what):
        got = {k: status['reports'][k] for k in expected}
        self.say(name, got == expected, what if got == expected
            else 'expected %s, got %s' % (expected, got))

    def books(self, kills):
        """What the simulation alone brings; then, counted by themselves, the odd ones."""
        reports = os.path.join(self.work, 'reports')
        status, _, _ = self.run([], 0)
        before = status['reports']
        self.say('books balance', before['received'] == count_rows(reports)
            and before['unaccounted'] == 0, '%d rows' % before['received'])
        added = add_odd_reports(reports)
        expected = {k: before[k] + n for k, n in added.items()}
        expected.update(received=count_rows(reports), sightings=before['sightings'],
            unaccounted=0)
        status, self.reference, _ = self.run([], 0)
        self.balanced('undisturbed', status, expected, str(expected))
        intake = [r['status'] for r in status['roles'] if r['role'] == 'intake'][0]
        self.say('formats keep count', intake['unaccounted'] == 0, '')
        status, state, n = self.run(['intake', 'engine'], kills)
        self.balanced('killed', status, expected, '%d kills' % n)
        self.say('killed: all the same', n == kills
            and kill.compare('killed', self.reference, state), '')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('root')
    parser.add_argument('botkoll')
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix='botkoll-books-')
    os.chmod(work, 0o755)
    log = open(os.path.join(work, 'log'), 'w')
    test = Test(os.path.abspath(args.botkoll), os.path.join(work, 'sim'), log, args.seed)
    test.books(args.kills)
    if test.failed:
        print('failed: %s (see %s)' % (', '.join(test.failed), work))
        return 1
    shutil.rmtree(work)
    return 0


if __name__ == '__main__':
    sys.exit(main())
