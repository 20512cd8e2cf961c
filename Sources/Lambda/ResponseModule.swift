/// The module that functions with inline code may load to answer a custom resource: `cfnresponse` in Python,
/// `cfn-response` in Node.js.
///
/// Ours, after the interface that AWS documents, on each language's standard library: `send(event, context,
/// responseStatus, responseData, physicalResourceId, noEcho, reason)`, `SUCCESS` and `FAILED`. It comes with the code
/// when that loads it, and only with code written in a template. Source: CloudFormation User Guide, "cfn-response
/// module".
enum ResponseModule {
    /// The file that goes with the code, where its language looks for it, and its text; nil when the code does not load
    /// the module.
    static func file(for code: String, isNode: Bool) -> (name: String, text: String)? {
        if isNode { return code.contains("cfn-response") ? ("node_modules/cfn-response/index.js", node) : nil }
        return code.contains("cfnresponse") ? ("cfnresponse.py", python) : nil
    }

    private static let python = #"""
        """Answers a CloudFormation custom resource."""
        import json
        import urllib.request

        SUCCESS = "SUCCESS"
        FAILED = "FAILED"


        def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False, reason=None):
            stream = context.log_stream_name
            answer = {
                "Status": responseStatus,
                "Reason": reason or "See the details in CloudWatch Log Stream: " + stream,
                "PhysicalResourceId": physicalResourceId or stream,
                "StackId": event["StackId"],
                "RequestId": event["RequestId"],
                "LogicalResourceId": event["LogicalResourceId"],
                "NoEcho": noEcho,
                "Data": responseData,
            }
            body = json.dumps(answer).encode("utf-8")
            request = urllib.request.Request(event["ResponseURL"], data=body, method="PUT")
            # The address is signed without a type of content: it has to be sent empty.
            request.add_header("Content-Type", "")
            request.add_header("Content-Length", str(len(body)))
            try:
                with urllib.request.urlopen(request) as reply:
                    print("Status code:", reply.status)
            except Exception as error:
                print("send(..) could not answer CloudFormation:", error)

        """#

    private static let node = #"""
        'use strict';
        exports.SUCCESS = 'SUCCESS';
        exports.FAILED = 'FAILED';

        // Answers a CloudFormation custom resource. The promise is for handlers that await it; others are ended by
        // context.done, as soon as the answer is there.
        exports.send = function (event, context, responseStatus, responseData, physicalResourceId, noEcho, reason) {
          const body = JSON.stringify({
            Status: responseStatus,
            Reason: reason || 'See the details in CloudWatch Log Stream: ' + context.logStreamName,
            PhysicalResourceId: physicalResourceId || context.logStreamName,
            StackId: event.StackId,
            RequestId: event.RequestId,
            LogicalResourceId: event.LogicalResourceId,
            NoEcho: noEcho || false,
            Data: responseData,
          });
          const address = new URL(event.ResponseURL);
          const client = require(address.protocol === 'http:' ? 'http' : 'https');
          const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) };
          return new Promise((resolve) => {
            const end = () => { context.done(); resolve(); };
            const request = client.request(address, { method: 'PUT', headers }, (reply) => {
              console.log('Status code: ' + reply.statusCode);
              reply.resume();
              reply.on('end', end);
            });
            request.on('error', (error) => {
              console.log('send(..) could not answer CloudFormation: ' + error.message);
              end();
            });
            request.end(body);
          });
        };

        """#
}
