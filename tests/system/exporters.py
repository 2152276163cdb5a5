#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""exporters.py -- many exporters, several decode processes, and no loss without a count.

usage: exporters.py ROOT BOTKOLL

A dozen exporters send NetFlow v9 to one socket that three decode processes share, and two
detect processes share the lines. Every datagram arrives at one of them, all of an exporter
at the same one. Datagrams that an exporter numbered and nobody got count as lost flows of
that exporter. A decode process that is stopped while its exporters go on loses what its
socket cannot hold: after that, what was decoded and what the kernel dropped add up to what
was sent.
"""
import os, shutil, signal, sys, tempfile, time
import live

CONFIG = """directory: data
clock: wall
shadow: yes
realms:
  - {name: isp, number: 1, networks: [198.18.0.0/16]}
sources:
  - name: border
    type: netflow
    port: 0
    processes: 3
    lateness: 1s
    classes: [traffic]
    ground: {basis: own-test-network, review: 2099-12-31T00:00:00Z}
detect: {processes: 2, lines: 1024, pair_wait: 1s}
"""
EXPORTERS, DATAGRAMS, RECORDS = 12, 20, 24


def send(exporter, line, datagrams):
    """Full datagrams of flows of one line."""
    now = time.time()
    for n in range(datagrams):
        for i in range(RECORDS // 2):
            first = now - 1 - i / 100
            exporter.record('198.18.0.%d' % line, '203.0.113.9', 20000 + n, 443, 24, 9, 900, first, first + .1)
            exporter.record('203.0.113.9', '198.18.0.%d' % line, 443, 20000 + n, 24, 9, 900, first, first + .1)


def parts(daemon):
    return daemon.status().get('sources', [])


def total(daemon, name):
    return sum(s[name] for s in parts(daemon))


def exporters_of(daemon):
    return [(s['part'], e) for s in parts(daemon) for e in s['exporters']]


def main():
    work = tempfile.mkdtemp(prefix='botkoll-exporters-')
    os.chmod(work, 0o755)
    live.write(work, 'test.yaml', CONFIG)
    daemon = live.Daemon(os.path.abspath(sys.argv[2]), os.path.join(work, 'test.yaml'),
        os.path.join(work, 'data'))
    try:
        run(daemon)
    finally:
        live.check(daemon.stop() == 0, 'an orderly end')
    if live.failed:
        print('failed: %s (see %s)' % (', '.join(live.failed), work))
        return 1
    shutil.rmtree(work)
    return 0


def run(daemon):
    ports = {s['port'] for s in parts(daemon)}
    live.check(len(parts(daemon)) == 3 and len(ports) == 1, 'three decode processes, one port')
    exporters = [live.Exporter(port, i) for port in ports for i in range(EXPORTERS)]
    for i, exporter in enumerate(exporters):
        send(exporter, 10 + i, DATAGRAMS)
    sent = EXPORTERS * DATAGRAMS
    daemon.wait('all datagrams', lambda: total(daemon, 'decoded') == sent)
    live.check(total(daemon, 'flow_records') == sent * RECORDS and total(daemon, 'lost') == 0,
        'every record decoded, none lost')
    each = [s['records'] for s in parts(daemon)]
    live.check(sum(1 for n in each if n > 0) > 1, 'dealt among the processes: %s' % each)
    found = exporters_of(daemon)
    live.check(len(found) == EXPORTERS and len({e['domain'] for _, e in found}) == EXPORTERS
        and all(e['datagrams'] == DATAGRAMS for _, e in found), 'each exporter to one of them')
    lose(daemon, exporters)
    overflow(daemon, exporters, sent + 3)


def lose(daemon, exporters):
    """Numbered, and never sent."""
    exporters[0].sequence += 5
    send(exporters[0], 10, 3)
    daemon.wait('the gap', lambda: total(daemon, 'lost') == 5)
    lost = [e['lost_flows'] for _, e in exporters_of(daemon) if e['lost_flows'] > 0]
    live.check(total(daemon, 'lost_flows') == 5 * RECORDS, 'five datagrams are %d flows: %s'
        % (5 * RECORDS, lost))
    live.check(len(lost) == 1, 'of the one exporter')


def overflow(daemon, exporters, sent):
    """The kernel drops what a stopped process does not fetch, and says how many."""
    pids = daemon.pids('decode')
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        flood = 0
        for round in range(40):
            for i, exporter in enumerate(exporters):
                send(exporter, 10 + i, 50)
                flood += 50
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    sent += flood
    settled = lambda: total(daemon, 'records') + total(daemon, 'dropped') == sent
    for i in range(50):  # the kernel's number comes with the next datagrams
        time.sleep(0.1)
        if settled() and total(daemon, 'dropped') > 0:
            break
        for k, exporter in enumerate(exporters):
            send(exporter, 10 + k, 1)
        sent += len(exporters)
        time.sleep(0.3)
    live.check(total(daemon, 'dropped') > 0, 'the kernel dropped %d of %d' % (total(daemon, 'dropped'), sent))
    live.check(settled(), 'decoded and dropped are what was sent: %d + %d = %d'
        % (total(daemon, 'records'), total(daemon, 'dropped'), sent))


if __name__ == '__main__':
    sys.exit(main())
