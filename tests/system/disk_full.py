#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""disk_full.py -- the disk is full under the running daemon, and has room again.

usage: disk_full.py ROOT BOTKOLL

The data directory lies on a small file system of its own, in a mount namespace of this
test. Nothing here aims at a moment; the daemon cannot get past any of these places:

room      before the daemon starts, a ballast file leaves less room than the undisturbed
          run came to need: the store meets the end of it, at one epoch or another
letter    the mail server holds its answer to one letter, and with it, in REPLAY, the
          daemon's time; then the ballast takes every byte. The answer comes: it must be
          remembered without a byte of room (the journal of the actor ends at the end of
          a page), by an actor and an engine that are killed meanwhile, and the letter
          not sent again
leases    the directory of segments has a file system of two pages
snapshots likewise; detect is killed, and has nothing to go on from

While it is full the daemon says so, and what the store holds is that of whole epochs of
the undisturbed run. With room it goes on by itself, and ends with the same store and the
same letters as a run that was never disturbed.
"""
import errno, os, shutil, signal, sqlite3, subprocess, sys, tempfile, threading, time
import kill

SIZE = 64 << 20
PAGE = 4096
SHARES = (0.01, 0.15, 0.3, 0.45, 0.6)  # of the room that the undisturbed run needed
LETTERS = (1, 12)                      # whose answer is held
RECORD, DONE = 17, 2                   # of the journal of actions


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


def mount(path, size):
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=0700,size=%d' % size, 'none', path],
        check=True)


def free(path):
    at = os.statvfs(path)
    return at.f_bavail * at.f_bsize


def wait(what, holds):
    end = time.monotonic() + kill.PATIENCE
    while time.monotonic() < end:
        got = holds()
        if got:
            return got
        time.sleep(0.02)
    raise SystemExit('not in %d s: %s' % (kill.PATIENCE, what))


class Scene:
    """One run of the daemon on its own file system."""

    def __init__(self, test, snapshots=SIZE):
        self.test = test
        self.directory = os.path.join(test.work, 'data')
        self.mail = kill.Mail()
        self.config = kill.configure(test.work, test.text, self.mail.port, timeout='600s')
        self.log_path = os.path.join(test.work, 'log')
        os.mkdir(self.directory, 0o700)
        mount(self.directory, SIZE)
        self.mounts = [self.directory]
        self.apart('snapshots', snapshots) # they give room back when they fail

    def start(self):
        self.log = open(self.log_path, 'w')
        self.daemon = kill.Daemon(self.test.botkoll, self.config, self.log)

    def apart(self, name, size):
        """A directory of the daemon's on a file system of its own."""
        path = os.path.join(self.directory, name)
        os.mkdir(path, 0o700)
        mount(path, size)
        self.mounts.append(path)
        return path

    def fill(self, leave):
        """Leaves so many bytes; 0: not one page, whoever takes some at the same time."""
        self.ballast = os.path.join(self.directory, 'ballast')
        size, step = 0, max(free(self.directory) - leave, PAGE)
        with open(self.ballast, 'wb') as f:
            while step >= PAGE:
                try:
                    os.posix_fallocate(f.fileno(), size, step)
                    size += step
                except OSError as e:
                    if e.errno != errno.ENOSPC:
                        raise
                    step = step // 2 // PAGE * PAGE
                step = step if leave == 0 else 0

    def fill_journal(self, count):
        """With what was done, but never settled: kept over restarts."""
        path = os.path.join(self.directory, 'actor.journal')
        with open(path, 'wb') as f:
            for i in range(count):
                f.write(i.to_bytes(RECORD - 1, 'big') + bytes([DONE]))
        os.chmod(path, 0o600)

    def said(self, *sentences):
        with open(self.log_path) as f:
            text = f.read()
        return any(s in text for s in sentences)

    def kill_role(self, role):
        """And it has come back, if only to die again."""
        old = wait(role, lambda: self.daemon.roles().get(role))[0]
        os.kill(old, signal.SIGKILL)
        wait(role + ' again', lambda: self.said('role=%s index=0 by="signal 9"' % role))

    def read(self):
        """A reader of one moment of the store, however long it stays."""
        store = sqlite3.connect('file:%s/store.db?mode=ro' % self.directory, uri=True,
            isolation_level=None)
        store.execute('begin')
        store.execute('select count(*) from sqlite_schema').fetchall()
        return store

    def query(self, *texts):
        store = self.read()
        try:
            return [store.execute(text).fetchall() for text in texts]
        finally:
            store.close()

    def held(self):
        """(clock, sightings, entries); the clock is None before the first epoch."""
        clock, *rest = self.query("select number from stream where name = 'clock'",
            'select hex(id), received, source from sighting order by 1',
            'select case_id, number, time, type from entry order by 1, 2')
        return [clock[0][0] if clock else None] + rest

    def finish(self):
        try:
            status = self.daemon.wait_done()
            used = SIZE - free(self.directory)
            code = self.daemon.stop()
            got = {'status': status, 'code': code, 'store': kill.dump(self.directory),
                'held': self.held(), 'letters': sorted(self.mail.ids()),
                'used': used, 'log': open(self.log_path).read(),
                'audit': subprocess.run([self.test.botkoll, 'audit', 'verify', '-d',
                    self.directory], capture_output=True).returncode}
        finally:
            self.close()
        return got

    def close(self):
        if self.daemon.process.poll() is None:
            self.daemon.process.kill()
            self.daemon.process.wait()
        for path in reversed(self.mounts):
            subprocess.run(['umount', '-l', path], check=True)
        self.mail.shutdown()
        self.mail.server_close()


class Test:
    def __init__(self, botkoll, work):
        self.botkoll, self.work = botkoll, work
        self.text = kill.make_input(botkoll, work, 7, 4)
        self.failed = []

    def check(self, name, good, what=''):
        print('%-34s %s  %s' % (name, 'ok' if good else 'FAILED', what), flush=True)
        if not good:
            self.failed.append(name)

    def undisturbed(self):
        scene = Scene(self)
        scene.start()
        got = self.expected = scene.finish()
        self.check('undisturbed', got['code'] == 0 and got['audit'] == 0
            and len(got['letters']) == len(set(got['letters'])) > max(LETTERS),
            '%d letters, %d KiB' % (len(got['letters']), got['used'] >> 10))

    def whole(self, scene):
        """All that the undisturbed run had by the store's own clock, and nothing else. A
        finding may be one that is replaced later; what happened at the clock itself may
        still wait for its outcome."""
        clock, sightings, entries = scene.held()
        _, all_sightings, all_entries = self.expected['held']
        if clock is None:
            return not sightings and not entries, 'nothing taken in'
        due = {s for s in all_sightings if s[1] <= clock}
        replaced_later = {(s[0], s[2]) for s in all_sightings if s[1] > clock
            and s[2] != 'shadowserver'}
        good = (due <= set(sightings)
            and all(s in due or (s[0], s[2]) in replaced_later and s[1] <= clock
                for s in sightings)
            and set(entries) <= set(all_entries)
            and {e for e in all_entries if e[2] < clock} <= set(entries)
            and scene.query('pragma integrity_check')[0] == [('ok',)])
        return good, '%d sightings, %d entries' % (len(sightings), len(entries))

    def same(self, name, scene):
        got, all_ = scene.finish(), self.expected
        self.check(name, kill.compare(name, all_['store'], got['store']) and got['code'] == 0
            and got['audit'] == 0 and not got['status']['store_full']
            and not any(r['down'] for r in got['status']['roles'])
            and got['letters'] == all_['letters'], '%d letters' % len(got['letters']))

    def room(self, share):
        name = 'room for %d %%' % (100 * share)
        scene = Scene(self)
        scene.fill(int(share * self.expected['used']))
        scene.start()
        try:
            wait(name, lambda: scene.said('disk is full', 'lease tail: No space left',
                'journal'))
            try:
                self.check(name + ': whole epochs', *self.whole(scene))
            except sqlite3.Error as e: # no store yet, or no room to open one
                self.check(name + ': whole epochs', share == SHARES[0], str(e))
            os.unlink(scene.ballast)
            self.same(name + ': room again', scene)
        except BaseException:
            scene.close()
            raise

    def letter(self, number):
        name = 'letter %d' % number
        scene = Scene(self)
        scene.mail.hold, scene.mail.hold_from = threading.Event(), number
        scene.fill_journal(PAGE // RECORD - 1)
        scene.start()
        try:
            wait(name, scene.mail.held.is_set)
            reader = scene.read() # else the store's log may find room in itself
            scene.fill(0)
            scene.mail.hold.set()
            wait(name, lambda: (scene.daemon.status() or {}).get('store_full'))
            self.check(name + ': status says so', free(scene.directory) == 0)
            self.check(name + ': whole epochs', *self.whole(scene))
            scene.kill_role('actor')
            scene.kill_role('engine')
            reader.close()
            os.unlink(scene.ballast)
            self.same(name + ': room again', scene)
        except BaseException:
            scene.close()
            raise

    def leases(self):
        scene = Scene(self)
        path = scene.apart('leases', 2 * PAGE)
        scene.start()
        try:
            wait('leases', lambda: scene.said('lease tail: No space left'))
            self.check('leases: nothing is judged yet', scene.held()[0] is None)
            subprocess.run(['mount', '-o', 'remount,size=%d' % SIZE, path], check=True)
            self.same('leases: room again', scene)
        except BaseException:
            scene.close()
            raise

    def snapshots(self):
        scene = Scene(self, 2 * PAGE)
        scene.start()
        try:
            wait('snapshots', lambda: scene.said('write a snapshot: No space left'))
            scene.kill_role('detect')
            self.same('snapshots: none needed', scene)
        except BaseException:
            scene.close()
            raise


def main():
    enter_namespace()
    work = tempfile.mkdtemp(prefix='botkoll-full-')
    os.chmod(work, 0o755)
    test = Test(os.path.abspath(sys.argv[2]), os.path.join(work, 'sim'))
    test.undisturbed()
    for share in SHARES:
        test.room(share)
    for number in LETTERS:
        test.letter(number)
    test.leases()
    test.snapshots()
    if test.failed:
        with open(os.path.join(test.work, 'log')) as f:
            print(''.join(f.readlines()[-15:]))
        print('failed: %s (see %s)' % (', '.join(test.failed), work))
        return 1
    shutil.rmtree(work)
    return 0


if __name__ == '__main__':
    sys.exit(main())
