/// The program that runs Node.js functions: a client of the Runtime API on Node's own modules alone.
///
/// `console` writes Lambda's form of a line: time, request, level, text, parted by tabs.
enum NodeBootstrap {
    static let source = #"""
        'use strict';
        const http = require('http');
        const path = require('path');
        const fs = require('fs');
        const util = require('util');
        const { pathToFileURL } = require('url');

        const [host, ...rest] = process.env.AWS_LAMBDA_RUNTIME_API.split('/');
        const [hostname, port] = host.split(':');
        const prefix = (rest.length ? '/' + rest.join('/') : '') + '/2018-06-01/runtime';
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1, noDelay: true });
        const root = process.env.LAMBDA_TASK_ROOT || '/var/task';
        let requestId = '';

        function call(method, where, body, headers) {
          return new Promise((resolve) => {
            const all = Object.assign({}, headers);
            if (body !== undefined) all['Content-Length'] = body.length;
            const options = { hostname, port, method, path: prefix + where, agent, headers: all };
            const request = http.request(options, (answer) => {
              const parts = [];
              answer.on('data', (part) => parts.push(part));
              answer.on('end', () => {
                resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) });
              });
              answer.on('error', () => process.exit(0));
            });
            request.on('error', () => process.exit(0)); // The server is gone, and with it every reason to be here.
            request.end(body);
          });
        }

        function write(text) { fs.writeSync(1, text.replace(/\n/g, '\r') + '\n'); }

        const levels = {
          trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL',
        };
        const order = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
        const isJSON = process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
        const least = order.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL || 'TRACE');
        for (const [name, level] of Object.entries(levels)) {
          console[name] = (...words) => {
            if (order.indexOf(level) < least) return;
            const time = new Date().toISOString();
            const message = isJSON && words.length === 1 && typeof words[0] === 'object' && !(words[0] instanceof Error)
              ? words[0] : util.format(...words);
            if (isJSON) write(JSON.stringify({ timestamp: time, level, requestId, message }));
            else write(`${time}\t${requestId || 'undefined'}\t${level}\t${message}`);
          };
        }

        function report(error) {
          const isError = error instanceof Error || (error && error.message !== undefined && error.stack !== undefined);
          return isError
            ? { errorType: error.name || 'Error', errorMessage: error.message, trace: (error.stack || '').split('\n') }
            : { errorType: typeof error, errorMessage: String(error), trace: [] };
        }

        function fault(error, what) {
          const body = report(error);
          console.error(what + ' ', JSON.stringify(Object.assign({}, body, { trace: undefined, stack: body.trace })));
          return body;
        }

        function named(name, message) { const error = new Error(message); error.name = name; return error; }

        async function load(handler) {
          const match = /^(.*\/)?([^/.]*)\.(.*)$/.exec(handler);
          if (!match) throw named('Runtime.MalformedHandlerName', `Bad handler '${handler}'`);
          const base = path.resolve(root, match[1] || '', match[2]);
          const places = [base + '.js', base + '.cjs', path.join(base, 'index.js')];
          const file = places.find((one) => fs.existsSync(one));
          let module;
          try {
            if (fs.existsSync(base + '.mjs')) {
              module = await import(pathToFileURL(base + '.mjs'));
            } else if (file) {
              try {
                module = require(file);
              } catch (error) {
                if (error.code !== 'ERR_REQUIRE_ESM') throw error;
                module = await import(pathToFileURL(file));
              }
            } else {
              const message = `Error: Cannot find module '${match[2]}'\nRequire stack:\n- ${root}`;
              throw named('Runtime.ImportModuleError', message);
            }
          } catch (error) {
            if (error.name.startsWith('Runtime.')) throw error;
            if (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND') {
              throw named('Runtime.ImportModuleError', `Error: ${error.message}`);
            }
            if (error instanceof SyntaxError) {
              throw named('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
            }
            throw error;
          }
          const parts = match[3].split('.');
          let found = module;
          for (const part of parts) found = found && (found[part] ?? (found.default && found.default[part]));
          if (found === undefined) throw named('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
          if (typeof found !== 'function') throw named('Runtime.HandlerNotFound', `${handler} is not a function`);
          return found;
        }

        function contextOf(headers, settle) {
          const deadline = Number(headers['lambda-runtime-deadline-ms']);
          const parse = (text) => (text ? JSON.parse(text) : undefined);
          return {
            callbackWaitsForEmptyEventLoop: true,
            functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
            functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
            memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
            logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
            logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
            awsRequestId: requestId,
            invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
            clientContext: parse(headers['lambda-runtime-client-context']),
            identity: parse(headers['lambda-runtime-cognito-identity']),
            getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
            done: (error, result) => settle(error, result),
            succeed: (result) => settle(null, result),
            fail: (error) => settle(error || new Error('handled')),
          };
        }

        function run(handler, event, headers) {
          return new Promise((resolve, reject) => {
            const settle = (error, result) => (error ? reject(error) : resolve(result));
            const answer = handler(event, contextOf(headers, settle), settle);
            if (answer && typeof answer.then === 'function') answer.then(resolve, reject);
            else if (handler.length < 3) {
              // A handler without callback that returns no promise answers with what it returns, or by its context.
              if (answer !== undefined) resolve(answer);
              else setImmediate(() => { if (!/succeed|done|fail/.test(handler.toString())) resolve(undefined); });
            }
          });
        }

        let fail = null;
        for (const name of ['uncaughtException', 'unhandledRejection']) {
          process.on(name, (error) => {
            const isRejection = name === 'unhandledRejection';
            const real = isRejection ? named('Runtime.UnhandledPromiseRejection', String(error)) : error;
            const what = isRejection ? 'Unhandled Promise Rejection' : 'Uncaught Exception';
            const body = Buffer.from(JSON.stringify(fault(real, what)));
            const where = requestId ? `/invocation/${requestId}/error` : '/init/error';
            const leave = () => process.exit(isRejection ? 128 : 129);
            call('POST', where, body, { 'Content-Type': 'application/json' }).then(leave);
          });
        }

        (async () => {
          let handler;
          try {
            handler = await load(process.env._HANDLER || '');
          } catch (error) {
            await call('POST', '/init/error', Buffer.from(JSON.stringify(fault(error, 'Uncaught Exception'))));
            process.exit(1);
          }
          for (;;) {
            const next = await call('GET', '/invocation/next');
            requestId = next.headers['lambda-runtime-aws-request-id'];
            process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id'] || '';
            let where = `/invocation/${requestId}/response`;
            let body;
            try {
              const result = await run(handler, JSON.parse(next.body.toString()), next.headers);
              body = JSON.stringify(result === undefined ? null : result);
            } catch (error) {
              where = `/invocation/${requestId}/error`;
              body = JSON.stringify(fault(error, 'Invoke Error'));
            }
            const answer = await call('POST', where, Buffer.from(body), { 'Content-Type': 'application/json' });
            if (answer.status === 413) {
              const error = named('Function.ResponseSizeTooLarge', JSON.parse(answer.body.toString()).errorMessage);
              const report = Buffer.from(JSON.stringify(fault(error, 'Invoke Error')));
              await call('POST', `/invocation/${requestId}/error`, report);
            }
            requestId = '';
          }
        })();
        """#
}
