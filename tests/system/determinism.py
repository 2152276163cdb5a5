#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""determinism.py -- the same input and seed give the same bytes, however the work is cut.

usage: determinism.py ROOT BOTKOLL

One simulated provider is replayed from files: twice in the same way; with one, two and
three detect processes; with the sources, the lease logs and the lists in another order of
the configuration; with and without snapshots on the way. What the store holds of sightings,
cases, entries, outbox and statistics must be the same bytes, and so must the letters.
Two things alone may tell: the number of a stream from a detect process, which counts that
process's sightings; and the audit chain's digests of sealed payloads, which are sealed
under keys from the system.
"""
import os, re, shutil, sys, tempfile
import kill


def swap_blocks(text, name):
    """The entries of one list of the configuration, last first."""
    found = re.search(r'^%s:\n((?:  .*\n)+)' % name, text, re.M)
    entries = re.findall(r'  - .*\n(?:    .*\n)*', found.group(1))
    assert len(entries) > 1
    return text.replace(found.group(1), ''.join(reversed(entries)))


def variants(text):
    yield 'again', text
    for n in (2, 3):
        yield '%d detect processes' % n, text.replace('processes: 1', 'processes: %d' % n)
    yield 'no snapshot until the end', text.replace('snapshot: 100ms', 'snapshot: 1h')
    yield 'other order of lease logs', swap_blocks(text, 'leases')
    yield 'other order of sources', swap_blocks(text, 'sources')


def same_store(state):
    return [row for row in state if not row.startswith("('detect/")]


class Test:
    def __init__(self, botkoll, work, log):
        self.botkoll, self.work, self.log = botkoll, work, log
        self.text = kill.make_input(botkoll, work, 7, 4)
        self.failed = []

    def run(self, text):
        mail = kill.Mail()
        daemon = kill.Daemon(self.botkoll, kill.configure(self.work, text, mail.port), self.log)
        status = daemon.wait_done()
        code = daemon.stop()
        letters = sorted(bytes(m[1]) for m in mail.taken)
        mail.shutdown()
        mail.server_close()
        detects = [r['status'] for r in status['roles'] if r['role'] == 'detect']
        return {'store': same_store(kill.dump(daemon.directory)), 'letters': letters,
            'code': code, 'flows': sum(d['flows'] for d in detects),
            'findings': sum(d['findings'] for d in detects),
            'forced': sum(d['forced'] for d in detects)}

    def check(self, name, expected, got):
        good = kill.compare(name, expected['store'], got['store'])
        for what in ('letters', 'code', 'flows', 'findings'):
            if expected[what] != got[what]:
                print('%s: %s differ' % (name, what))
                good = False
        print('%-28s %s  %d flows, %d findings, %d letters' % (name, 'ok' if good else 'FAILED',
            got['flows'], got['findings'], len(got['letters'])), flush=True)
        if not good:
            self.failed.append(name)


def main():
    work = tempfile.mkdtemp(prefix='botkoll-determinism-')
    os.chmod(work, 0o755)
    log = open(os.path.join(work, 'log'), 'w')
    test = Test(os.path.abspath(sys.argv[2]), os.path.join(work, 'sim'), log)
    expected = test.run(test.text)
    if not expected['findings'] or not expected['letters'] or expected['code']:
        print('the reference says nothing: %s' % {k: expected[k] for k in ('findings', 'code')})
        return 1
    for name, text in variants(test.text):
        test.check(name, expected, test.run(text))
    if test.failed:
        print('failed: %s (see %s)' % (', '.join(test.failed), work))
        return 1
    shutil.rmtree(work)
    return 0


if __name__ == '__main__':
    sys.exit(main())
