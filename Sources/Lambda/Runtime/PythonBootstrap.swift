/// The program that runs Python functions: a client of the Runtime API on the standard library alone.
///
/// Written for a quick start: `http.client`, `urllib` and `logging` are not imported unless the function does, and
/// Python is started without its `site`, which on some machines takes five times as long as all the rest. Errors have
/// the form that AWS's own client gives them (`errorType`, `errorMessage`, `requestId`, `stackTrace`).
enum PythonBootstrap {
    static let source = #"""
        import sys, os, site, socket, time, json, importlib, importlib.util

        _root = os.environ.get("LAMBDA_TASK_ROOT", "/var/task")
        _version = "python%d.%d" % sys.version_info[:2]


        class Connection:
            """One kept-alive HTTP connection to the Runtime API."""

            def __init__(self, address):
                host, _, self.prefix = address.partition("/")
                name, _, port = host.rpartition(":")
                self.host, self.peer, self.socket, self.rest = host, (name, int(port)), None, b""
                self.prefix = ("/" + self.prefix.rstrip("/") if self.prefix else "") + "/2018-06-01/runtime"

            def call(self, method, path, body=b"", headers=""):
                if self.socket is None:
                    self.socket = socket.create_connection(self.peer)
                    self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                length = "Content-Length: %d\r\n" % len(body) if method == "POST" else ""
                head = "%s %s%s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n" % (
                    method, self.prefix, path, self.host, length, headers)
                self.socket.sendall(head.encode("latin-1") + body)
                data = self.rest
                while b"\r\n\r\n" not in data:
                    data += self.receive()
                head, _, data = data.partition(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                fields = {}
                for line in lines[1:]:
                    name, _, value = line.partition(":")
                    fields[name.lower()] = value.strip()
                size = int(fields.get("content-length", "0"))
                parts = [data]
                have = len(data)
                while have < size:
                    part = self.receive()
                    parts.append(part)
                    have += len(part)
                data = b"".join(parts)
                self.rest = data[size:]
                return int(lines[0].split(" ")[1]), fields, data[:size]

            def receive(self):
                data = self.socket.recv(262144)
                if not data:
                    os._exit(0)  # The server is gone, and with it every reason to be here.
                return data


        class CognitoIdentity:
            def __init__(self, values):
                self.cognito_identity_id = values.get("cognitoIdentityId")
                self.cognito_identity_pool_id = values.get("cognitoIdentityPoolId")

            def __repr__(self):
                return "CognitoIdentity([cognito_identity_id=%s,cognito_identity_pool_id=%s])" % (
                    self.cognito_identity_id, self.cognito_identity_pool_id)


        class Client:
            def __init__(self, values):
                for name in "installation_id app_title app_version_name app_version_code app_package_name".split():
                    setattr(self, name, values.get(name))


        class ClientContext:
            def __init__(self, values):
                self.client = Client(values.get("client") or {})
                self.custom = values.get("custom")
                self.env = values.get("env")


        class LambdaContext:
            def __init__(self, fields):
                environment = os.environ
                self.aws_request_id = fields.get("lambda-runtime-aws-request-id")
                self.invoked_function_arn = fields.get("lambda-runtime-invoked-function-arn")
                self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
                self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
                self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
                self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
                self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
                self.tenant_id = None
                self._deadline = int(fields.get("lambda-runtime-deadline-ms", "0"))
                client = fields.get("lambda-runtime-client-context")
                identity = fields.get("lambda-runtime-cognito-identity")
                self.client_context = ClientContext(json.loads(client)) if client else None
                self.identity = CognitoIdentity(json.loads(identity) if identity else {})

            def get_remaining_time_in_millis(self):
                return max(0, self._deadline - int(time.time() * 1000))

            def log(self, message):
                sys.stdout.write(str(message))

            def __repr__(self):
                return "LambdaContext([aws_request_id=%s,log_group_name=%s,log_stream_name=%s,function_name=%s," \
                    "memory_limit_in_mb=%s,function_version=%s,invoked_function_arn=%s,client_context=%s," \
                    "identity=%s])" % (
                        self.aws_request_id, self.log_group_name, self.log_stream_name, self.function_name,
                        self.memory_limit_in_mb, self.function_version, self.invoked_function_arn, self.client_context,
                        self.identity)


        _request = {"id": ""}


        class LoggingHook:
            """Gives the root logger Lambda's form of a line, once somebody imports `logging`."""

            def find_spec(self, name, path=None, target=None):
                if name != "logging":
                    return None
                sys.meta_path.remove(self)
                spec = importlib.util.find_spec(name)
                load = spec.loader.exec_module

                def exec_module(module):
                    load(module)
                    configure(module)

                spec.loader.exec_module = exec_module
                return spec


        def configure(logging):
            class Handler(logging.Handler):
                def emit(self, record):
                    try:
                        text = self.format(record)
                        sys.stdout.write(text.replace("\n", "\r") + "\n")
                        sys.stdout.flush()
                    except Exception:
                        self.handleError(record)

            class Filter(logging.Filter):
                def filter(self, record):
                    record.aws_request_id = _request["id"]
                    return True

            class JSONFormatter(logging.Formatter):
                def format(self, record):
                    line = {"timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"), "level": record.levelname,
                            "message": record.getMessage(), "logger": record.name, "requestId": _request["id"]}
                    if record.exc_info:
                        line["errorType"] = record.exc_info[0].__name__
                        line["errorMessage"] = str(record.exc_info[1])
                        line["stackTrace"] = self.formatException(record.exc_info).split("\n")
                    return json.dumps(line, default=str)

            handler = Handler()
            if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
                formatter = JSONFormatter()
            else:
                formatter = logging.Formatter(
                    "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")
            formatter.converter = time.gmtime
            handler.setFormatter(formatter)
            handler.addFilter(Filter())
            logging.root.addHandler(handler)
            level = os.environ.get("AWS_LAMBDA_LOG_LEVEL")
            if level:
                logging.root.setLevel({"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}.get(level, level))


        def fault(kind, message, trace=None, request=""):
            report = {"errorMessage": message, "errorType": kind, "requestId": request, "stackTrace": trace or []}
            sys.stdout.flush()
            if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
                line = dict(report, timestamp=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), log_level="ERROR")
                sys.stdout.write(json.dumps(line) + "\n")
            else:
                text = "[ERROR] %s: %s" % (kind, message) if message else "[ERROR] %s" % kind
                if trace:
                    text += "\nTraceback (most recent call last):\n" + "".join(trace).rstrip("\n")
                sys.stdout.write(text.replace("\n", "\r") + "\n")
            sys.stdout.flush()
            return json.dumps(report).encode()


        def trace_of(error, frames):
            import traceback
            entries = traceback.extract_tb(error.__traceback__)[frames:]
            return traceback.format_list(entries)


        class InitFault(Exception):
            def __init__(self, kind, message, trace=None):
                super().__init__(message)
                self.kind, self.message, self.trace = kind, message, trace


        def load(name):
            module_name, dot, function_name = name.rpartition(".")
            if not dot or not module_name:
                raise InitFault(
                    "Runtime.MalformedHandlerName",
                    "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
            if not os.path.exists(os.path.join(_root, module_name.replace(".", "/") + ".py")) and "/" in module_name:
                module_name = module_name.replace("/", ".")
            try:
                module = importlib.import_module(module_name.replace("/", "."))
            except ImportError as error:
                raise InitFault(
                    "Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error), [])
            except SyntaxError as error:
                text = (error.text or "").rstrip("\n")
                trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, text)]
                raise InitFault(
                    "Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), trace)
            except Exception as error:
                raise InitFault(type(error).__name__, str(error), [
                    line for line in trace_of(error, 1) if "importlib" not in line])
            try:
                return getattr(module, function_name)
            except AttributeError:
                raise InitFault(
                    "Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))


        def plain(value):
            import decimal
            if isinstance(value, decimal.Decimal):
                return float(value)
            raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


        def packages():
            """What is installed for this interpreter. Its .pth files, which may import anything, are left alone."""
            places = [
                "%s/lib/%s/site-packages" % (sys.prefix, _version), "/usr/local/lib/%s/dist-packages" % _version,
                "/usr/lib/python3/dist-packages"]
            return [place for place in places if place.startswith(sys.prefix + "/") and os.path.isdir(place)]


        def main():
            sys.stdout.reconfigure(line_buffering=True, write_through=False)
            sys.stderr = sys.stdout
            own = os.path.dirname(os.path.abspath(__file__))
            sys.path[:] = [_root, "/opt/python/lib/%s/site-packages" % _version, "/opt/python"] + [
                path for path in sys.path if path != own] + packages()
            site.setquit()
            sys.modules["bootstrap"] = sys.modules.pop("__main__")
            sys.meta_path.insert(0, LoggingHook())
            connection = Connection(os.environ["AWS_LAMBDA_RUNTIME_API"])
            try:
                handler = load(os.environ.get("_HANDLER", ""))
            except InitFault as error:
                body = fault(error.kind, error.message, error.trace)
                connection.call("POST", "/init/error", body, "Lambda-Runtime-Function-Error-Type: %s\r\n" % error.kind)
                os._exit(1)
            except SystemExit as error:
                sys.stdout.flush()
                os._exit(error.code if isinstance(error.code, int) else 1)
            while True:
                _, fields, event = connection.call("GET", "/invocation/next")
                request = _request["id"] = fields["lambda-runtime-aws-request-id"]
                trace_id = fields.get("lambda-runtime-trace-id")
                if trace_id:
                    os.environ["_X_AMZN_TRACE_ID"] = trace_id
                path, kind = "/invocation/%s/response" % request, ""
                try:
                    try:
                        event = json.loads(event)
                    except ValueError as error:
                        raise InitFault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)
                    result = handler(event, LambdaContext(fields))
                    try:
                        body = json.dumps(result, default=plain).encode()
                    except Exception as error:
                        raise InitFault("Runtime.MarshalError", "Unable to marshal response: %s" % error)
                except InitFault as error:
                    path, kind = "/invocation/%s/error" % request, error.kind
                    body = fault(error.kind, error.message, [], request)
                except SystemExit as error:
                    sys.stdout.flush()
                    os._exit(error.code if isinstance(error.code, int) else 1)
                except BaseException as error:
                    path, kind = "/invocation/%s/error" % request, type(error).__name__
                    body = fault(kind, str(error), trace_of(error, 1), request)
                sys.stdout.flush()
                extra = "Lambda-Runtime-Function-Error-Type: %s\r\n" % kind if kind else ""
                status, _, answer = connection.call("POST", path, body, "Content-Type: application/json\r\n" + extra)
                if status == 413:
                    connection.call("POST", "/invocation/%s/error" % request, fault(
                        "Function.ResponseSizeTooLarge", json.loads(answer).get("errorMessage", ""), [], request))


        main()
        """#
}
