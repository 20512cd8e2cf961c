import HTTP
import Notation
import Testing

@testable import Wire

@Suite("XML in")
struct XMLReaderTests {
    @Test(
        "elements, attributes, text and its escapes",
        arguments: [
            ("<a/>", ""), ("<a>x</a>", "x"), ("<?xml version='1.0'?>\n<!-- c --><a>x</a>\n", "x"),
            ("<a>&lt;&amp;&#65;&#x20AC;&quot;&apos;</a>", "<&A€\"'"), ("<a>x<![CDATA[<y>&]]>z</a>", "x<y>&z"),
            ("<a>1\r\n2\r3</a>", "1\n2\n3"), ("<a><!-- > --><?p ?>t</a >", "t"), ("\u{FEFF}<a>x</a>", "x"),
        ])
    func text(xml: String, text: String) throws {
        #expect(try XMLParser.parse(Array(xml.utf8)).text == text)
    }

    @Test("names lose their prefix, attributes keep it")
    func names() throws {
        let root = try XMLParser.parse(Array(#"<s:a xmlns:s="u" s:t = 'v"'><s:b c="&gt;"/></s:a>"#.utf8))
        #expect(root.name == "a")
        #expect(root.attribute("s:t") == "v\"")
        #expect(root.child("b")?.attribute("c") == ">")
    }

    @Test(
        "what is no XML is refused",
        arguments: [
            "", "x", "<a>", "<a></b>", "<a", "<a b></a>", "<a b=c/>", "<a>&nope;</a>", "<a>&#xD800;</a>", "<a/><b/>",
            "<a>&lt</a>", "<!DOCTYPE a><a/>", "<a><![CDATA[x</a>", "<a><!-- </a>", "<a b='x/>",
        ])
    func refused(xml: String) {
        #expect(throws: XMLError.self) { try XMLParser.parse(Array(xml.utf8)) }
    }

    @Test("nesting has a limit")
    func depth() {
        let xml = String(repeating: "<a>", count: 5000)
        #expect(throws: XMLError(message: "nested deeper than 100 levels", offset: 300)) {
            try XMLParser.parse(Array(xml.utf8))
        }
    }

    private func document(_ operation: String, _ xml: String) throws -> JSON {
        let shape = try #require(Models.service("s3")?.operation(operation)?.input?.payload?.shape)
        return try XMLReader.read(Array(xml.utf8), shape)
    }

    @Test("documents of S3 become trees, unknown elements aside")
    func documents() throws {
        let delete = try document(
            "DeleteObjects",
            """
            <Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a</Key></Object><Quiet>true</Quiet>
            <Object><Key> b </Key><VersionId>v</VersionId><Odd/></Object></Delete>
            """)
        #expect(delete == ["Objects": [["Key": "a"], ["Key": " b ", "VersionId": "v"]], "Quiet": true])
        let acl = try document(
            "PutBucketAcl",
            """
            <AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
            xsi:type="CanonicalUser"><ID>i</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList>
            </AccessControlPolicy>
            """)
        #expect(acl == ["Grants": [["Grantee": ["Type": "CanonicalUser", "ID": "i"], "Permission": "READ"]]])
    }

    @Test("a value of another kind makes the document invalid", arguments: ["maybe", "<b/>"])
    func misfit(text: String) {
        let fault = #expect(throws: Misfit.self) {
            try document("DeleteObjects", "<Delete><Quiet>\(text)</Quiet></Delete>")
        }
        #expect(fault?.fault(.restXML).code == "MalformedXML")
    }

    @Test("what cannot be in XML is escaped or replaced")
    func escapes() throws {
        var writer = XMLWriter()
        writer.element("a", text: "<&>\"\r\n\t\u{1}é")
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "<a>&lt;&amp;&gt;&quot;&#xD;\n\t\u{FFFD}é</a>")
        #expect(try XMLParser.parse(writer.bytes).text == "<&>\"\r\n\t\u{FFFD}é")
    }
}

@Suite("Forms in")
struct FormReaderTests {
    private func read(_ operation: String, _ form: String) throws -> JSON {
        let parts = operation.split(separator: ".").map(String.init)
        let shape = Models.service(parts[0])?.operation(parts[1])?.input
        return try FormReader.read(PercentEncoding.pairs(form[...], isForm: true), shape)
    }

    @Test(
        "fields become trees",
        arguments: [
            ("cloudformation.DeleteStack", "StackName=a+b%2B", ["StackName": "a b+"]),
            (
                "cloudformation.DeleteStack", "StackName=a&Odd=1&RetainResources=",
                ["StackName": "a", "RetainResources": []]
            ),
            (
                "cloudformation.DeleteStack", "RetainResources.member.10=j&RetainResources.member.2=b",
                ["RetainResources": ["b", "j"]]
            ),
            (
                "cloudformation.CreateStack", "Parameters.member.1.ParameterKey=k&Parameters.member.1.ParameterValue=",
                ["Parameters": [["ParameterKey": "k", "ParameterValue": ""]]]
            ),
            (
                "cloudformation.CreateStack", "DisableRollback=true&TimeoutInMinutes=5",
                ["DisableRollback": true, "TimeoutInMinutes": 5]
            ),
            (
                "cloudwatch.GetMetricStatistics", "StartTime=2026-01-31T23:59:59Z&Period=60",
                ["StartTime": 1_769_903_999, "Period": 60]
            ),
        ] as [(String, String, JSON)])
    func trees(operation: String, form: String, expected: JSON) throws {
        #expect(try read(operation, form) == expected)
    }

    @Test(
        "what does not fit is refused",
        arguments: ["DisableRollback=maybe", "TimeoutInMinutes=5.5", "StackName.x=1", "TimeoutInMinutes=99999999999"])
    func refused(form: String) {
        let fault = #expect(throws: Misfit.self) { try read("cloudformation.CreateStack", form) }
        #expect(fault?.fault(.query).code == "MalformedInput")
    }

    @Test("a name of thousands of steps is refused")
    func depth() {
        let name = String(repeating: "a.", count: 5000)
        #expect(throws: Misfit.self) { try read("cloudformation.CreateStack", name + "=1") }
    }
}

@Suite("JSON in")
struct JSONReaderTests {
    private func read(_ json: String) throws -> JSON {
        try JSONReader.read(Array(json.utf8), Models.service("lambda")?.operation("CreateFunction")?.input)
    }

    @Test(
        "members without a value and unknown ones are left out",
        arguments: [
            (#"{"FunctionName":"f","Odd":{"a":1},"Role":null}"#, ["FunctionName": "f"]),
            (#"{"Timeout":3.0,"Layers":["a",null]}"#, ["Timeout": 3, "Layers": ["a"]]), ("", [:]), ("null", [:]),
            ("{}", [:]),
            (#"{"Environment":{"Variables":{"A":"b","C":null}}}"#, ["Environment": ["Variables": ["A": "b"]]]),
        ] as [(String, JSON)])
    func trees(json: String, expected: JSON) throws { #expect(try read(json) == expected) }

    @Test(
        "what does not fit is refused in the words of AWS's parser",
        arguments: [
            (#"{"FunctionName":1}"#, "NUMBER_VALUE can not be converted to a String"),
            (#"{"FunctionName":true}"#, "TRUE_VALUE can not be converted to a String"),
            (#"{"FunctionName":[]}"#, "Start of list found where not expected"),
            (#"{"FunctionName":{}}"#, "Start of structure or map found where not expected."),
            (#"{"Timeout":"3"}"#, "STRING_VALUE can not be converted to an Integer"),
            (#"{"Timeout":3000000000}"#, "NUMBER_VALUE can not be converted to an Integer"),
            (#"{"Timeout":3.5}"#, "DECIMAL_VALUE can not be converted to an Integer"),
            (#"{"Publish":"true"}"#, "STRING_VALUE can not be converted to a Boolean"),
            (#"{"Layers":"a"}"#, "Expected list or null"), (#"{"Tags":3}"#, "Expected map or null"),
            (#"{"Code":"x"}"#, "Expected structure or null"),
            (#"{"Code":{"ZipFile":"*"}}"#, "STRING_VALUE can not be converted to a Blob"),
            ("[]", "Start of list found where not expected"),
        ])
    func refused(json: String, message: String) {
        let fault = #expect(throws: Misfit.self) { try read(json) }
        #expect(fault?.fault(.restJSON).message == message)
        #expect(fault?.fault(.json11).code == "SerializationException")
    }
}

@Suite("Chunks")
struct ChunkDecoderTests {
    private func decode(_ body: String, length: Int? = nil, trailers: [String] = []) throws -> String {
        var decoder = ChunkDecoder(decodedLength: length, seal: nil, trailers: trailers)
        let content = try decoder.feed(Array(body.utf8)[...])
        try decoder.finish()
        return String(decoding: content, as: UTF8.self)
    }

    @Test(
        "content is found however it is cut",
        arguments: [
            ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", "hello"), ("0\r\n\r\n", ""),
            ("0\r\n", ""), ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("5\nhello\n0\n\n", "hello"),
        ])
    func content(body: String, text: String) throws { #expect(try decode(body) == text) }

    @Test(
        "what is malformed, short or long is refused",
        arguments: [
            ("", "IncompleteBody"), ("5\r\nhel", "IncompleteBody"), ("5\r\nhello\r\n", "IncompleteBody"),
            ("x\r\n", "InvalidRequest"), ("-1\r\n", "InvalidRequest"), ("5\r\nhelloworld\r\n", "InvalidRequest"),
            ("0\r\nnonsense\r\n\r\n", "InvalidRequest"), ("5\r\nhello\r\n0\r\n\r\nmore", "InvalidRequest"),
            ("6\r\nhello!\r\n0\r\n\r\n", "IncompleteBody"), ("1\r\nh\r\n0\r\n\r\n", "IncompleteBody"),
            (String(repeating: "0", count: 5000), "InvalidRequest"), ("FFFFFFFFFFFFFFFFF\r\n", "InvalidRequest"),
        ])
    func refused(body: String, code: String) {
        let fault = #expect(throws: Fault.self) { try decode(body, length: 5) }
        #expect(fault?.code == code)
    }

    @Test(
        "trailing checksums are looked at",
        arguments: [
            ("x-amz-checksum-crc32", "NhCmhg=="), ("x-amz-checksum-crc32c", "mnG7TA=="),
            ("x-amz-checksum-sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00="),
        ])
    func trailers(name: String, value: String) throws {
        #expect(try decode("5\r\nhello\r\n0\r\n\(name):\(value)\r\n\r\n", trailers: [name]) == "hello")
        #expect(try decode("5\r\nhello\r\n0\r\n\(name.uppercased()): \(value)\r\n", trailers: [name]) == "hello")
        let wrong = #expect(throws: Fault.self) {
            try decode("5\r\nhellO\r\n0\r\n\(name):\(value)\r\n\r\n", trailers: [name])
        }
        #expect(wrong?.code == "BadDigest")
        let missing = #expect(throws: Fault.self) { try decode("5\r\nhello\r\n0\r\n\r\n", trailers: [name]) }
        #expect(missing?.code == "MalformedTrailerError")
    }

    @Test("overflowing lengths do not crash")
    func overflow() {
        let body = "5\r\nhello\r\n7FFFFFFFFFFFFFFF\r\nx"
        let fault = #expect(throws: Fault.self) { try decode(body, length: 5) }
        #expect(fault?.code == "IncompleteBody")
    }
}
