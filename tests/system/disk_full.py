#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""disk_full.py -- the disk fills up under the running daemon, and has room again.

usage: disk_full.py ROOT BOTKOLL

The data directory lies on a small file system of its own, in a mount namespace of this
test. When the daemon has taken in a while, a ballast file takes the rest of the space.
The daemon must say so (`store_full` in its status), take nothing in by halves, and keep
running. With the ballast gone it goes on by itself and ends with the same store and the
same letters as a run that was never disturbed.
"""
import os, shutil, sqlite3, subprocess, sys, tempfile, time
import kill

SIZE = '48m'


def enter_namespace():
    """This program again, where mounts are nobody else's business."""
    if os.environ.get('BOTKOLL_OWN_MOUNTS'):
        return
    if os.geteuid() != 0 or subprocess.run(['unshare', '-m', 'true'],
            capture_output=True).returncode != 0:
        print('skipped: needs root and mount namespaces')
        sys.exit(77)
    os.environ['BOTKOLL_OWN_MOUNTS'] = '1'
    os.execvp('unshare', ['unshare', '-m', '--propagation', 'private', sys.executable]
        + sys.argv)


def fill(path):
    """Every byte that is left."""
    size = 1 << 20
    with open(path, 'ab', buffering=0) as f:
        while size > 0:
            try:
                if f.write(b'x' * size) < size:
                    size //= 2
            except OSError:
                size //= 2


class Test:
    def __init__(self, botkoll, work, log):
        self.botkoll, self.work, self.log = botkoll, work, log
        self.text = kill.make_input(botkoll, work, 7, 4)
        self.directory = os.path.join(work, 'data')
        self.failed = []

    def check(self, name, good, what=''):
        print('%-34s %s  %s' % (name, 'ok' if good else 'FAILED', what), flush=True)
        if not good:
            self.failed.append(name)

    def run(self, disturb=None):
        mail = kill.Mail()
        config = kill.configure(self.work, self.text, mail.port)
        os.mkdir(self.directory, 0o700)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=0700,size=' + SIZE, 'none',
            self.directory], check=True)
        try:
            daemon = kill.Daemon(self.botkoll, config, self.log)
            if disturb is not None:
                disturb(daemon)
            status = daemon.wait_done()
            code = daemon.stop()
            state = kill.dump(self.directory)
            if disturb is None:
                self.all_reported = self.reported(1 << 62)
            audit = subprocess.run([self.botkoll, 'audit', 'verify', '-d', self.directory],
                stdout=self.log).returncode
        finally:
            subprocess.run(['umount', '-l', self.directory], check=True)
        mail.shutdown()
        mail.server_close()
        return {'status': status, 'code': code, 'store': state, 'audit': audit,
            'letters': mail.ids()}

    def stands_still(self, daemon):
        """Room that the store finds in its own log may let one more epoch in."""
        before, end = None, time.monotonic() + 60
        while time.monotonic() < end:
            after = kill.dump(self.directory)
            status = daemon.status()
            if before == after and status and status['store_full']:
                return True
            before = after
            time.sleep(1.2)
        return False

    def reported(self, until):
        return self.query("select hex(id), received from sighting where source ="
            " 'shadowserver' and received <= %d order by 1" % until)

    def query(self, text):
        store = sqlite3.connect('file:%s/store.db?mode=ro' % self.directory, uri=True)
        rows = store.execute(text).fetchall()
        store.close()
        return rows

    def whole(self):
        """Of the reports: all that had come by the store's own clock, and nothing later."""
        clock = self.query("select number from stream where name = 'clock'")[0][0]
        self.now = self.reported(1 << 62)
        self.count = self.query('select count(*) from sighting')[0][0]
        audit = subprocess.run([self.botkoll, 'audit', 'verify', '-d', self.directory],
            stdout=self.log).returncode
        return audit == 0 and self.now == [r for r in self.all_reported if r[1] <= clock]

    def fill_up(self, at):
        def disturb(daemon):
            ballast = os.path.join(self.directory, 'ballast')
            while kill.progress(daemon.status(), 'engine') < at:
                time.sleep(0.002)
            fill(ballast)
            end, full = time.monotonic() + 20, None
            while not full and time.monotonic() < end:
                time.sleep(0.01)
                full = daemon.status()
                full = full if full and full['store_full'] else None
            self.check('full at %d: status says so' % at, full is not None)
            self.check('full at %d: whole epochs only' % at, self.stands_still(daemon)
                and self.whole(), '%d sightings, %d reported' % (self.count, len(self.now)))
            os.unlink(ballast)
        return disturb


def main():
    enter_namespace()
    work = tempfile.mkdtemp(prefix='botkoll-full-')
    os.chmod(work, 0o755)
    log = open(os.path.join(work, 'log'), 'w')
    test = Test(os.path.abspath(sys.argv[2]), os.path.join(work, 'sim'), log)
    expected = test.run()
    test.check('undisturbed', expected['code'] == 0 and len(expected['letters']) > 0,
        '%d letters' % len(expected['letters']))
    for at in (1, 60, 200):
        got = test.run(test.fill_up(at))
        name = 'room again after %d' % at
        test.check(name, kill.compare(name, expected['store'], got['store'])
            and got['code'] == 0 and got['audit'] == 0 and not got['status']['store_full']
            and not any(r['down'] for r in got['status']['roles'])
            and sorted(got['letters']) == sorted(expected['letters']),
            '%d letters' % len(got['letters']))
    if test.failed:
        with open(os.path.join(work, 'log')) as f:
            print(''.join(f.readlines()[-15:]))
        print('failed: %s (see %s)' % (', '.join(test.failed), work))
        return 1
    shutil.rmtree(work)
    return 0


if __name__ == '__main__':
    sys.exit(main())
