#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""erasure.py -- what was erased is in no byte of the data directory.

usage: erasure.py ROOT BOTKOLL

A simulated provider whose registry, reports and case notes hold planted markers: a name,
an e-mail address, a postal address, a telephone, host names of report rows, a remark. Two
ways of forgetting are held against the raw bytes of every file of the data directory,
while the daemon runs and after it ended:

erase       a subscriber asks for it: `botkoll privacy erase NUMBER`
retention   the timers: the same directory, replayed 400 days further. Who the customer is
            stays in identity.db alone, since the registry still names them. Leases
            that ended 90 days ago are forgotten too.

A payload is sealed, so its text would never be found; the search is also for its sealed
bytes and for the key that opens them. So it is with the raw pieces of the case's reports;
and one piece that no parser understood lies in the tray, in the open, until its time is
up. The cases' skeletons and the audit chain are the
same before and after. All files are the owner's alone, whatever umask the daemon got.
"""
import csv, json, os, re, shutil, sqlite3, stat, subprocess, sys, tempfile, time
import kill

NUMBER = '1000091'          # a fixed address, and reported
PERSON = {'name': 'Qvirre Markorsson', 'email': 'qvirre.markor@kund.example.invalid',
    'phone': '+46700998877', 'postal': 'Markorgatan 77, 999 77 Markorstad'}
HOSTS = {'src_hostname': 'qvirre-laptop.markor.example',
    'dst_hostname': 'sinkhole77.markor.example'}
REMARK = 'Qvirre ringde om sin dator, remark-marker-77'
LATER = '2027-10-15T00:00:00Z'
SKELETON = ('select case_id, number, time, type, actor_kind, actor, policy_version, score,'
    ' posterior, prior, groups, upstreams, gold, step, until, hex(ref) from entry'
    ' order by 1, 2')


def plant_person(path):
    with open(path, newline='') as f:
        rows = list(csv.DictReader(f))
    row = [r for r in rows if r['line'] == NUMBER][0]
    row.update(PERSON)
    with open(path, 'w', newline='') as f:
        out = csv.DictWriter(f, rows[0].keys(), lineterminator='\n')
        out.writeheader()
        out.writerows(rows)
    return row['prefixes'].split()[0].split('/')[0]


def plant_hosts(directory, address):
    planted = 0
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        with open(path, newline='') as f:
            rows = list(csv.DictReader(f))
        for row in rows:
            if row['src_ip'] == address:
                row.update(HOSTS)
                planted += 1
        with open(path, 'w', newline='') as f:
            out = csv.DictWriter(f, rows[0].keys(), lineterminator='\n')
            out.writeheader()
            out.writerows(rows)
    return planted


def files_of(directory):
    for base, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(base, name)
            if stat.S_ISREG(os.stat(path).st_mode):
                yield path


def found_in(directory, markers):
    """(marker, file) for each marker's raw bytes."""
    found = set()
    for path in files_of(directory):
        with open(path, 'rb') as f:
            text = f.read()
        found |= {(what, os.path.basename(path)) for what, marker in markers.items()
            if marker in text}
    return found


class Scene:
    def __init__(self, botkoll, work, log):
        self.botkoll, self.work, self.log = botkoll, work, log
        self.failed = []
        self.mail = kill.Mail()
        self.text = kill.make_input(botkoll, work, 7, 4)
        address = plant_person(os.path.join(work, 'registry.csv'))
        self.check('planted', plant_hosts(os.path.join(work, 'reports'), address) > 0,
            'rows about %s' % address)
        with open(os.path.join(work, 'reports', 'letter.bin'), 'wb') as f:
            f.write(b'\x01\x02 Qvirre again, nothing that a parser reads\n')
        self.directory = os.path.join(work, 'data')
        self.markers = {k: v.encode() for k, v in {**PERSON, **HOSTS, 'remark': REMARK}.items()}

    def check(self, name, good, what=''):
        print('%-34s %s  %s' % (name, 'ok' if good else 'FAILED', what), flush=True)
        if not good:
            self.failed.append(name)

    def ask(self, *words):
        done = subprocess.run([self.botkoll, *words, '-d', self.directory, '--json'],
            capture_output=True, text=True, timeout=30)
        return done.returncode, [json.loads(l) for l in done.stdout.splitlines()]

    def query(self, text, *args):
        store = sqlite3.connect('file:%s/store.db?mode=ro' % self.directory, uri=True)
        rows = store.execute(text, args).fetchall()
        store.close()
        return rows

    def skeletons(self):
        cases = self.ask('case', 'list')[1]
        shown = [self.ask('case', 'show', c['code'])[1][0] for c in cases[:3]]
        return self.query(SKELETON), [without_person(c) for c in cases + shown]

    def audit(self):
        code, rows = self.ask('audit', 'verify')
        return code == 0 and rows[0]['whole']

    def modes(self, name):
        bad = []
        for base, names, files in os.walk(self.directory):
            for path in [base] + [os.path.join(base, n) for n in files]:
                mode = stat.S_IMODE(os.stat(path).st_mode)
                if mode != (0o700 if path == base else 0o600):
                    bad.append('%s %o' % (path, mode))
        self.check(name + ': modes', not bad, ', '.join(bad))

    def start(self, config):
        mask = os.umask(0)
        daemon = kill.Daemon(self.botkoll, config, self.log)
        os.umask(mask)
        daemon.wait_done()
        return daemon

    def remark(self):
        """A remark in the line's case; adds the sealed bytes and the key to the markers."""
        sender = [m[1] for m in self.mail.taken if PERSON['email'].encode() in m[1]]
        self.check('letters went to the marked person', len(sender) > 0, '%d' % len(sender))
        codes = [c['code'] for c in self.ask('case', 'list')[1]]
        self.code = [c for c in codes if any(c.encode() in m for m in sender)][0]
        code, _ = self.ask('case', 'note', self.code, '-m', REMARK)
        self.check('a remark in case ' + self.code, code == 0)
        self.case = self.query('select id from cases where code = ?', self.code)[0][0]
        sealed = self.query('select payload from entry where case_id = ? and payload is not'
            ' null', self.case)
        key = self.query('select key from payload_key where case_id = ?', self.case)
        self.markers['key'] = key[0][0]
        pieces = self.query('select body from piece where case_id = ?', self.case)
        self.check('raw pieces in the case', len(pieces) > 0, '%d' % len(pieces))
        for i, row in enumerate(sealed + pieces):
            self.markers['sealed %d' % i] = row[0]

    def leases_forgotten(self, daemon):
        """The role that keeps them is told each day, and tells the engine when it has."""
        end = time.monotonic() + kill.PATIENCE
        while daemon.status()['leases'] > 0 and time.monotonic() < end:
            time.sleep(0.05)
        directory = os.path.join(self.directory, 'leases')
        self.check('retention: leases', daemon.status()['leases'] == 0 and not
            [n for n in os.listdir(directory) if n.startswith('segment')],
            '%d left' % daemon.status()['leases'])

    def tray(self):
        """What was written of the customer, and no parser understood."""
        waiting = self.query('select p.body from tray t join piece p on p.id = t.id')
        self.check('an unread piece in the tray', len(waiting) == 1)
        self.markers['unread'] = waiting[0][0]

    def gone(self, name, allowed=frozenset()):
        left = {f for f in found_in(self.directory, self.markers) if f not in allowed}
        self.check(name, not left, ', '.join('%s in %s' % f for f in sorted(left)))


def without_person(value):
    """A case as it is shown, without what belongs to payloads and persons."""
    if isinstance(value, dict):
        return {k: without_person(v) for k, v in value.items()
            if k not in ('payload', 'text', 'number', 'evidence', 'answer')}
    if isinstance(value, list):
        return [without_person(v) for v in value]
    return value


def present(scene, name):
    """The markers are there before: else finding none after would say nothing."""
    found = {what for what, _ in found_in(scene.directory, scene.markers)}
    wanted = set(PERSON) | {m for m in scene.markers if m in ('key', 'unread')
        or m.startswith('sealed')}
    scene.check(name + ': markers are there first', wanted <= found,
        'missing: %s' % sorted(wanted - found) if wanted - found else
        'also host names: %s' % sorted(set(HOSTS) & found))


def erase(scene, config):
    daemon = scene.start(config)
    scene.modes('running')
    scene.remark()
    present(scene, 'erase')
    before = scene.skeletons()
    scene.check('erase: audit before', scene.audit())
    code, _ = scene.ask('privacy', 'erase', NUMBER)
    scene.check('erase: privacy erase', code == 0)
    scene.gone('erase: gone while it runs')
    after = scene.skeletons()
    scene.check('erase: skeletons the same', before == after and len(before[0]) > 0,
        '%d entries' % len(before[0]))
    scene.check('erase: audit after', scene.audit())
    scene.check('erase: a second time is refused', scene.ask('privacy', 'erase', NUMBER)[0] == 1)
    daemon.stop()
    scene.gone('erase: gone after it ended')
    scene.check('erase: skeletons after it ended', scene.query(SKELETON) == before[0])
    scene.modes('ended')


def retention(scene, config, kept):
    """The timers of 400 days; beside it the same time with nothing ever forgotten."""
    daemon = scene.start(config)
    scene.remark()
    scene.tray()
    present(scene, 'retention')
    scene.check('retention: leases first', daemon.status()['leases'] > 0,
        '%d' % daemon.status()['leases'])
    daemon.stop()
    beside = scene.directory + '-kept'
    subprocess.run(['cp', '-a', scene.directory, beside], check=True)
    with open(config) as f:
        text = re.sub(r'^replay_until:.*$', 'replay_until: ' + LATER, f.read(), flags=re.M)
    with open(config, 'w') as f:
        f.write(text)
    daemon = scene.start(config)
    scene.leases_forgotten(daemon)
    allowed = {(what, 'identity.db' + end) for what in PERSON for end in ('', '-wal')}
    scene.gone('retention: gone while it runs', allowed)
    scene.check('retention: audit', scene.audit())
    daemon.stop()
    scene.gone('retention: gone after it ended', allowed)
    skeletons = scene.query(SKELETON)
    shutil.rmtree(scene.directory)
    os.rename(beside, scene.directory)
    with open(config, 'w') as f:
        f.write(text + 'policy: %s\n' % kept)
    daemon = scene.start(config)
    scene.check('retention: skeletons as if kept', scene.query(SKELETON) == skeletons,
        '%d entries' % len(skeletons))
    scene.check('retention: payloads, when kept', {'key'} <=
        {what for what, _ in found_in(scene.directory, scene.markers)})
    daemon.stop()


def main():
    root, botkoll = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    work = tempfile.mkdtemp(prefix='botkoll-erasure-')
    os.chmod(work, 0o755)
    log = open(os.path.join(work, 'log'), 'w')
    scene = Scene(botkoll, os.path.join(work, 'sim'), log)
    kept = os.path.join(scene.work, 'kept.yaml')
    with open(os.path.join(root, 'share', 'policy', 'se-default.yaml')) as f:
        text = re.sub(r'(sightings|case_payload|case_skeleton): \d+d', r'\1: 3000d', f.read())
    with open(kept, 'w') as f:
        f.write(text)
    erase(scene, kill.configure(scene.work, scene.text, scene.mail.port))
    scene.mail.taken.clear()
    for marker in [m for m in scene.markers if m == 'key' or m.startswith('sealed')]:
        del scene.markers[marker]
    retention(scene, kill.configure(scene.work, scene.text, scene.mail.port), kept)
    if scene.failed:
        with open(os.path.join(work, 'log')) as f:
            print(''.join(f.readlines()[-15:]))
        print('failed: %s (see %s)' % (', '.join(scene.failed), work))
        return 1
    shutil.rmtree(work)
    return 0


if __name__ == '__main__':
    sys.exit(main())
