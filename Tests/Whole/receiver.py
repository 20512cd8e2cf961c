"""A small HTTP endpoint of the tests' own, which remembers what it is told."""
import http.server
import json
import threading
import urllib.request


class Receiver:
    """Answers with what `answer(request)` says: a status. Requests are dictionaries of path, headers and body."""

    def __init__(self, answer=lambda request: 200):
        self.requests, self.answer = [], answer
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
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

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
