"""A small HTTP endpoint of the tests' own, which remembers what it is told."""
import datetime
import http.server
import ipaddress
import json
import ssl
import threading
import urllib.request


class Receiver:
    """Answers with what `answer(request)` says: a status. Requests are dictionaries of path, headers and body."""

    def __init__(self, answer=lambda request: 200, certificate=None):
        self.requests, self.answer, self.scheme = [], answer, "https" if certificate else "http"
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                request = {"path": self.path, "headers": dict(self.headers), "body": body}
                status = receiver.answer(request)
                receiver.requests.append(request | {"status": status})
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_PUT = do_POST

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}"

    def bodies(self, kind=None):
        """The JSON bodies that came, of one `Type` if given."""
        bodies = [json.loads(request["body"]) for request in list(self.requests)]
        return [body for body in bodies if kind is None or body.get("Type") == kind]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def confirm(message):
    """What an endpoint does with the question whether it wants to be told."""
    return urllib.request.urlopen(message["SubscribeURL"], timeout=10).read().decode()


def make_certificate(folder):
    """A certificate for this machine that proves itself, and its key, as files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = x509.CertificateBuilder(
        subject, subject, key.public_key(), 1, now - datetime.timedelta(days=1), now + datetime.timedelta(days=1)
    ).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
    ).add_extension(x509.BasicConstraints(ca=True, path_length=None), True).sign(key, hashes.SHA256())
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    paths[0].chmod(0o644)
    return paths
