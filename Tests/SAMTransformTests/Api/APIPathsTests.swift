import Notation
import Testing

@testable import SAMTransform

@Suite("Paths of API documents")
struct APIPathsTests {
    private func paths(_ json: String) throws -> APIPaths {
        APIPaths(items: try #require(PyValue(try JSON(parsing: json), isTemplate: true).dict))
    }

    private static let called = #"{"x-amazon-apigateway-integration": {"uri": "a"}}"#
    private static let noValue = #"{"Ref": "AWS::NoValue"}"#

    @Test(
        "methods are known by their names in lower case",
        arguments: [
            ("GET", "get"), ("get", "get"), ("ANY", "x-amazon-apigateway-any-method"),
            ("x-amazon-apigateway-any-method", "x-amazon-apigateway-any-method"), ("", ""),
        ])
    func normalizedMethods(method: String, expected: String) {
        #expect(APIPaths.normalized(PyText(method, isUnicode: true)).text == expected)
    }

    @Test(
        "a method calls something when it does so in each branch of its path",
        arguments: [
            (#"{"/a": {"get": CALLED}}"#, true),
            (#"{"/a": {"get": {}}}"#, false),
            (#"{"/a": {"get": "text"}}"#, false),
            (#"{"/a": {"post": CALLED}}"#, false),
            (#"{"/a": {"Fn::If": ["C", {"get": CALLED}, {"get": CALLED}]}}"#, true),
            (#"{"/a": {"Fn::If": ["C", {"get": CALLED}, {"get": {}}]}}"#, false),
            (#"{"/a": {"Fn::If": ["C", {"get": CALLED}, NOVALUE]}}"#, true),
            (#"{"/a": {"get": {"Fn::If": ["C", CALLED, {}]}}}"#, true),
            (#"{"/a": {"get": {"Fn::If": ["C", {}, NOVALUE]}}}"#, false),
            (#"{"/b": {"get": CALLED}}"#, false),
        ])
    func integrations(json: String, expected: Bool) throws {
        let text = json.replacing("CALLED", with: Self.called).replacing("NOVALUE", with: Self.noValue)
        #expect(try paths(text).hasIntegration("/a", "GET") == expected)
    }

    @Test("a path and a method are added where they are missing, and only there")
    func adding() throws {
        var paths = try paths(#"{"/a": {"Fn::If": ["C", {"get": {"own": 1}}, {}]}}"#)
        try paths.add("/a", "GET")
        try paths.add("/b", "any")
        let json = PyValue.dict(paths.items).json
        #expect(json["/a"]?["Fn::If"]?[1] == ["get": ["own": 1]])
        #expect(json["/a"]?["Fn::If"]?[2] == ["get": [:]])
        #expect(json["/b"] == ["x-amazon-apigateway-any-method": [:]])
    }

    @Test("a path under a condition is missing where it does not hold")
    func conditionalPath() throws {
        var paths = try paths(#"{"/a": {"get": {}}}"#)
        paths.makeConditional("/a", "Big")
        paths.makeConditional("/nothing", "Big")
        #expect(
            PyValue.dict(paths.items).json
                == ["/a": ["Fn::If": ["Big", ["get": [:]], ["Ref": "AWS::NoValue"]]]])
        #expect(try paths.fields(of: "/a").map(\.text) == ["get"])
    }

    @Test("methods that call nothing are passed over, and fields that are no methods")
    func editing() throws {
        let text =
            #"{"/a": {"get": CALLED, "post": {}, "parameters": [], "ANY": {"Fn::If": ["C", CALLED, NOVALUE]}}}"#
            .replacing("CALLED", with: Self.called).replacing("NOVALUE", with: Self.noValue)
        var paths = try paths(text)
        var seen: Set<String> = []
        try paths.editAllMethods("/a", except: SwaggerEditor.pathFields) { method, definition in
            seen.insert(method.text)
            definition["seen"] = true
        }
        #expect(seen == ["get", "x-amazon-apigateway-any-method"])
        let item = PyValue.dict(paths.items).json["/a"]
        #expect(item?["get"]?["seen"] == true)
        #expect(item?["post"] == [:])
        #expect(item?["ANY"]?["Fn::If"]?[1]?["seen"] == true)
        #expect(item?["ANY"]?["Fn::If"]?[2] == ["Ref": "AWS::NoValue"])
    }

    @Test(
        "what is no map is refused by name",
        arguments: [
            (#"{"/a": "text"}"#, "Value of '/a' path must be a dictionary according to Swagger spec."),
            (#"{"/a": {"get": "text"}}"#, "Definition of method 'get' for path '/a' should be a map."),
            (#"{"/a": {"post": {}}}"#, "Definition of method 'get' for path '/a' should be a map."),
            (#"{"/b": {}}"#, "Value of '/a' path must be a dictionary according to Swagger spec."),
            (#"{"/a": {"Fn::If": "text"}}"#, "Value of Fn::If must be a list."),
        ])
    func refusals(json: String, expected: String) throws {
        var paths = try paths(json)
        let fault = #expect(throws: Fault.self) { try paths.editMethod("/a", "get") { _ in } }
        #expect(fault?.message == "Structure of the SAM template is invalid. " + expected)
    }
}

@Suite("OpenAPI documents of HTTP APIs")
struct OpenAPIEditorTests {
    private func editor(_ members: JSONObject = [:]) throws -> OpenAPIEditor {
        var document: JSONObject = ["openapi": "3.0.1", "paths": [:]]
        document.merge(members)
        return try OpenAPIEditor(PyValue(.object(document), isTemplate: false))
    }

    @Test("a route that calls something is left as it is")
    func existingRoute() throws {
        var editor = try editor(["paths": ["/a": ["get": ["x-amazon-apigateway-integration": ["uri": "own"]]]]])
        try editor.addLambda("/a", "get", uri: "new", condition: nil)
        #expect(
            editor.document.json["paths"]?["/a"]?["get"]?["x-amazon-apigateway-integration"] == ["uri": "own"])
    }

    @Test(
        "which function a route calls is read from its URI",
        arguments: [
            ("arn:aws:x:functions/${Orders.Arn}/invocations", "Orders", true),
            ("arn:aws:x:functions/${Orders.Arn}/invocations", "Order", false),
            ("arn:aws:x:functions/${OrdersAliaslive}/invocations", "Orders", false),
            ("", "Orders", false),
        ])
    func calledFunction(uri: String, function: String, expected: Bool) throws {
        var editor = try editor()
        try editor.addLambda("$default", "any", uri: .sub(PyText(uri)), condition: nil)
        #expect(try editor.calls(function, "$default", "any") == expected)
        #expect(try editor.calls(function, "/other", "any") == false)
    }

    @Test("tags replace tags of the same name")
    func tags() throws {
        var editor = try editor(["tags": [["name": "a", "x-amazon-apigateway-tag-value": "old"]]])
        try editor.addTags(PyDict(["a": "new", "b": "two"], isTemplate: false))
        #expect(
            editor.document.json["tags"] == [
                ["name": "a", "x-amazon-apigateway-tag-value": "new"],
                ["name": "b", "x-amazon-apigateway-tag-value": "two"],
            ])
    }

    @Test(
        "parts of the wrong kind are refused by name",
        arguments: [
            (
                ["components": "text"] as JSONObject,
                "Invalid OpenApi document: The value of 'components' should be a map"
            ),
            (["tags": ["a": 1]], "Tags in OpenApi DefinitionBody needs to be a list. {'a': 1} is a dict not a list."),
            (["servers": ["text"]], "Value of 'servers' item must be a dictionary according to Swagger spec."),
            (
                ["x-amazon-apigateway-cors": []],
                "Value of 'x-amazon-apigateway-cors' must be a dictionary according to Swagger spec."
            ),
        ] as [(JSONObject, String)])
    func refusals(members: JSONObject, expected: String) throws {
        let fault = #expect(throws: Fault.self) {
            var editor = try editor(members)
            try editor.addTags(PyDict(["t": "v"], isTemplate: false))
            try editor.setDisableExecuteEndpoint(true)
            try editor.addCors(.init(origins: ["*"]))
        }
        #expect(fault?.message == "Structure of the SAM template is invalid. " + expected)
    }

    @Test("the default authorizer goes to routes that say nothing, but not to OPTIONS")
    func defaultAuthorizer() throws {
        let called: JSON = ["x-amazon-apigateway-integration": ["uri": "a"]]
        var own = called
        own["security"] = [["Own": []]]
        var editor = try editor([
            "paths": ["/a": ["get": called, "post": own, "options": called, "put": [:], "parameters": []]]
        ])
        try editor.setDefaultAuthorizer("/a", "Default", scopes: ["s"])
        let item = editor.document.json["paths"]?["/a"]
        #expect(item?["get"]?["security"] == [["Default": ["s"]]])
        #expect(item?["post"]?["security"] == [["Own": []]])
        #expect(item?["options"]?["security"] == nil)
        #expect(item?["put"]?["security"] == nil)
    }
}
