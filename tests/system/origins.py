# SPDX-License-Identifier: Apache-2.0
"""origins.py -- small servers that feeds are fetched from, for fetch.py.

All on loopback, under a certificate of an authority made for the test. Each remembers
what it was asked. What they do follows the documents: RFC 9110 (conditional requests),
the vendor's description of Shadowserver's reports API, OASIS TAXII 2.1, the MISP feed
format, RFC 9051 (IMAP).
"""
import base64, hashlib, hmac, http.server, json, os, re, socket, socketserver, ssl, subprocess
import threading, time, urllib.parse


def make_authority(work, name='authority'):
    """An authority and a server's certificate for 127.0.0.1: (ca, certificate, key)."""
    paths = [os.path.join(work, '%s-%s.pem' % (name, part)) for part in ('ca', 'cert', 'key')]
    ca, cert, key = paths
    run = lambda *args: subprocess.run(['openssl'] + list(args), check=True, cwd=work,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    new = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    run('req', '-x509', *new, '-keyout', ca + '.key', '-out', ca, '-days', '2',
        '-subj', '/CN=test authority')
    run('req', *new, '-keyout', key, '-out', cert + '.req', '-subj', '/CN=localhost')
    with open(cert + '.ext', 'w') as f:
        f.write('subjectAltName=IP:127.0.0.1,DNS:localhost\n')
    run('x509', '-req', '-in', cert + '.req', '-CA', ca, '-CAkey', ca + '.key',
        '-CAcreateserial', '-out', cert, '-days', '2', '-extfile', cert + '.ext')
    return ca, cert, key


def context(cert, key):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(cert, key)
    return c


class Web(http.server.ThreadingHTTPServer):
    """`answer(handler, path, query, body)` gives (status, headers, bytes)."""
    daemon_threads = True

    def __init__(self, tls, answer):
        super().__init__(('127.0.0.1', 0), Request)
        self.answer, self.log, self.tls = answer, [], tls
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def finish_request(self, request, client):
        try:
            request.settimeout(10)
            if self.tls:
                request = self.tls.wrap_socket(request, server_side=True)
            super().finish_request(request, client)
        except OSError:
            pass

    def handle_error(self, request, client):
        pass

    def url(self, path):
        return 'https://127.0.0.1:%d%s' % (self.port, path)


class Request(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def respond(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        parts = urllib.parse.urlsplit(self.path)
        self.server.log.append((self.command, self.path, dict(self.headers), body))
        status, headers, content = self.server.answer(
            self, parts.path, urllib.parse.parse_qs(parts.query), body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = respond


class Documents:
    """Paths and what stands there; conditional requests are honoured."""

    def __init__(self):
        self.at, self.special = {}, {}

    def __call__(self, handler, path, query, body):
        if path in self.special:
            return self.special[path](handler)
        if path not in self.at:
            return 404, {}, b'nothing here'
        content = self.at[path]
        tag = '"%s"' % hashlib.sha256(content).hexdigest()[:16]
        if handler.headers.get('If-None-Match') == tag:
            return 304, {'ETag': tag}, b''
        return 200, {'ETag': tag, 'Content-Type': 'text/csv'}, content


class Shadowserver:
    """reports/list and reports/download as documented; the files lie under /dl/."""

    def __init__(self, key, secret, pages=True):
        self.key, self.secret, self.pages = key, secret, pages
        self.reports = []      # of {id, file, type, timestamp, content}
        self.refused, self.downloads, self.broken = 0, [], set()

    def add(self, type, content, day=None, serial=[0]):
        serial[0] += 1
        day = day or time.strftime('%Y-%m-%d', time.gmtime())
        self.reports.append({'id': 'Rep_%04d-x' % serial[0], 'type': type, 'timestamp': day,
            'file': '%s-%s-test_isp-asn-%d.csv' % (day, type, serial[0]), 'report': 'test',
            'content': content})
        return self.reports[-1]['id']

    def find(self, id):
        return next((r for r in self.reports if r['id'] == id), None)

    def __call__(self, handler, path, query, body):
        if path.startswith('/dl/'):
            return self.download(path[4:])
        mac = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(mac, handler.headers.get('HMAC2', '')):
            self.refused += 1
            return 401, {}, b'{"error":"Invalid HMAC2"}'
        request = json.loads(body)
        if request.get('apikey') != self.key:
            return 200, {}, json.dumps({'error': 'Invalid apikey %s' % request['apikey']}).encode()
        if path == '/api2/reports/list':
            return 200, {}, json.dumps(self.list(request)).encode()
        if path == '/api2/reports/download':
            return self.download(request['id'])
        return 404, {}, b'{"error":"no such method"}'

    def list(self, request):
        first, last = request['date'].split(':')
        found = [{k: v for k, v in r.items() if k != 'content'} for r in self.reports
            if first <= r['timestamp'] <= last]
        limit, page = request.get('limit', 1000), request.get('page', 1) if self.pages else 1
        return found[(page - 1) * limit:page * limit]

    def download(self, id):
        report = self.find(id)
        if report is None or id in self.broken:
            return 500, {}, b'{"error":"try later"}'
        self.downloads.append(id)
        return 200, {'Content-Type': 'text/csv'}, report['content']


class Taxii:
    """One API root with one collection that can be read; objects in the order added."""
    MEDIA = 'application/taxii+json;version=2.1'

    def __init__(self):
        self.objects = []      # of (date added, object)

    def add(self, objects, date):
        self.objects += [(date, o) for o in objects]

    def __call__(self, handler, path, query, body):
        if self.MEDIA not in handler.headers.get('Accept', ''):
            return 406, {}, b'{}'
        answers = {
            '/taxii2/': {'title': 'test', 'default': '/api1/', 'api_roots': ['/api1/']},
            '/api1/collections/': {'collections': [
                {'id': 'c0', 'title': 'closed', 'can_read': False, 'can_write': False},
                {'id': 'c1', 'title': 'botnets', 'can_read': True, 'can_write': False}]},
        }
        if path == '/api1/collections/c1/objects/':
            return self.page(query)
        if path not in answers:
            return 404, {}, b'{"title":"not found"}'
        return 200, {'Content-Type': self.MEDIA}, json.dumps(answers[path]).encode()

    def page(self, query):
        after = query.get('added_after', [''])[0].replace('Z', '')
        types = [t for t in query.get('match[type]', [''])[0].split(',') if t]
        found = [(d, o) for d, o in self.objects
            if (not after or d.replace('Z', '') > after) and (not types or o['type'] in types)]
        start, limit = int(query.get('next', ['0'])[0]), int(query.get('limit', ['100'])[0])
        part = found[start:start + limit]
        envelope = {}
        if part:
            envelope['objects'] = [o for d, o in part]
        headers = {'Content-Type': self.MEDIA}
        if start + limit < len(found):
            envelope.update(more=True, next=str(start + limit))
        if part:
            headers.update({'X-TAXII-Date-Added-First': part[0][0],
                'X-TAXII-Date-Added-Last': part[-1][0]})
        return 200, headers, json.dumps(envelope).encode()


class Mailbox(socketserver.ThreadingTCPServer):
    """IMAP4rev1, as much as a client of one folder needs; TLS at once or by STARTTLS."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, tls, user, password, starttls=False, can=('UIDPLUS',)):
        super().__init__(('127.0.0.1', 0), Conversation)
        self.tls, self.user, self.password, self.starttls = tls, user, password, starttls
        self.port, self.can = self.server_address[1], can
        self.validity, self.next, self.lock = 7, 1, threading.RLock()
        self.folders = {'INBOX': {}, 'Done': {}}   # name -> uid -> [flags, bytes]
        self.log, self.seen_by_fetch = [], False
        self.offer_tls = True
        self.acknowledged = lambda content: None
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client):
        pass

    def deliver(self, content):
        with self.lock:
            self.folders['INBOX'][self.next] = [set(), content]
            self.next += 1

    def renumber(self):
        """As after a restored backup: other numbers, another UIDVALIDITY."""
        with self.lock:
            self.validity += 1
            inbox = self.folders['INBOX']
            self.folders['INBOX'] = {uid + 1000: m for uid, m in inbox.items()}
            self.next += 1000

    def unseen(self):
        with self.lock:
            return sum('\\Seen' not in m[0] for m in self.folders['INBOX'].values())


class Conversation(socketserver.StreamRequestHandler):
    def secure(self):
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.setup()
        self.secured = True

    def setup(self):
        if not hasattr(self, 'connection'):
            self.connection = self.request
        self.rfile = self.connection.makefile('rb')
        self.wfile = self.connection.makefile('wb', 0)

    def say(self, text):
        self.wfile.write(text.encode('latin-1') + b'\r\n')

    def handle(self):
        self.secured, self.open, self.folder = False, False, None
        self.connection.settimeout(20)
        try:
            if not self.server.starttls:
                self.secure()
            self.say('* OK test server {5}')
            while True:
                line = self.rfile.readline().decode('latin-1').rstrip('\r\n')
                if not line or not self.answer(*(line.split(' ', 2) + [''])[:3]):
                    return
        except (OSError, ValueError):
            return

    def finish(self):
        pass

    def answer(self, tag, verb, rest):
        with self.server.lock:
            self.server.log.append((verb.upper(), rest))
        verb = verb.upper()
        if verb == 'UID':
            verb, _, rest = rest.partition(' ')
            verb = 'UID_' + verb.upper()
        if verb == 'STARTTLS':
            self.say(tag + ' OK begin')
            self.secure()
        elif verb == 'LOGOUT':
            self.say('* BYE\r\n%s OK' % tag)
            return False
        elif verb == 'CAPABILITY':
            extra = ' AUTH=PLAIN' if self.secured else (
                ' STARTTLS LOGINDISABLED' if self.server.offer_tls else '')
            self.say('* CAPABILITY IMAP4rev1%s %s' % (extra, ' '.join(self.server.can)))
            self.say(tag + ' OK done')
        elif verb == 'LOGIN' and self.secured:
            self.open = [w.strip('"') for w in rest.split(' ')] == [
                self.server.user, self.server.password]
            self.say(tag + (' OK in' if self.open else ' NO [AUTHENTICATIONFAILED] no'))
        elif verb == 'AUTHENTICATE' and self.secured:
            self.say('+ ')
            words = base64.b64decode(self.rfile.readline()).decode().split('\0')
            self.open = words[1:] == [self.server.user, self.server.password]
            self.say(tag + (' OK in' if self.open else ' NO [AUTHENTICATIONFAILED] no'))
        elif not self.open or not hasattr(self, verb.lower()):
            self.say(tag + ' BAD not now')
        else:
            with self.server.lock:
                getattr(self, verb.lower())(tag, rest)
        return True

    def select(self, tag, rest):
        self.folder = self.server.folders.get(rest.strip('"'))
        if self.folder is None:
            self.say(tag + ' NO no such folder')
            return
        self.say('* %d EXISTS\r\n* FLAGS (\\Seen \\Deleted)' % len(self.folder))
        self.say('* OK [UIDVALIDITY %d] numbers\r\n%s OK [READ-WRITE] open' % (
            self.server.validity, tag))

    def uid_search(self, tag, rest):
        without = [w for w in ('SEEN', 'DELETED') if 'UN' + w in rest]
        flags = {'SEEN': '\\Seen', 'DELETED': '\\Deleted'}
        found = [str(uid) for uid, m in sorted(self.folder.items())
            if not any(flags[w] in m[0] for w in without)]
        self.say(('* SEARCH ' + ' '.join(found)).rstrip() + '\r\n%s OK found' % tag)

    def uid_fetch(self, tag, rest):
        uid, what = rest.split(' ', 1)
        mail = self.folder.get(int(uid))
        if mail and 'RFC822.SIZE' in what:
            self.say('* 1 FETCH (UID %s RFC822.SIZE %d)' % (uid, len(mail[1])))
        elif mail:
            if 'PEEK' not in what:
                self.server.seen_by_fetch = True
                mail[0].add('\\Seen')
            self.wfile.write(b'* 1 FETCH (UID %s BODY[] {%d}\r\n%s)\r\n' % (
                uid.encode(), len(mail[1]), mail[1]))
        self.say(tag + ' OK fetched')

    def uid_store(self, tag, rest):
        uid, _, flags = rest.split(' ', 2)
        if int(uid) in self.folder:
            self.server.acknowledged(self.folder[int(uid)][1])
            self.folder[int(uid)][0].update(flags.strip('()').split())
        self.say(tag + ' OK stored')

    def uid_move(self, tag, rest):
        uid, name = rest.split(' ', 1)
        mail = self.folder.pop(int(uid), None) if 'MOVE' in self.server.can else None
        if mail:
            self.server.acknowledged(mail[1])
            self.server.folders[name.strip('"')][int(uid)] = mail
        self.say(tag + (' OK moved' if 'MOVE' in self.server.can else ' BAD cannot'))

    def uid_copy(self, tag, rest):
        uid, name = rest.split(' ', 1)
        if int(uid) in self.folder:
            self.server.acknowledged(self.folder[int(uid)][1])
            self.server.folders[name.strip('"')][int(uid)] = [set(), self.folder[int(uid)][1]]
        self.say(tag + ' OK copied')

    def uid_expunge(self, tag, rest):
        if '\\Deleted' in self.folder.get(int(rest), [set()])[0]:
            del self.folder[int(rest)]
        self.say(tag + ' OK gone')
