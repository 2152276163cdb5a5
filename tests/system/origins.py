# SPDX-License-Identifier: Apache-2.0
"""origins.py -- small servers that feeds are fetched from, for fetch.py.

All on loopback, under a certificate of an authority made for the test. Each remembers
what it was asked. What they do follows the documents: RFC 9110 (conditional requests),
the vendor's description of Shadowserver's reports API, OASIS TAXII 2.1, the MISP feed
format, RFC 9051 (IMAP).
"""
import hashlib, hmac, http.server, json, os, re, socket, socketserver, ssl, subprocess
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
