import Notation
import Testing

@testable import SAMTransform

@Suite("AWS::Serverless::Function")
struct FunctionTests {
    @Test("a function comes with a role of its own, unless one is given")
    func role() throws {
        let own = try transformed(function())
        #expect(own.at("Resources/Fn/Properties/Role") == ["Fn::GetAtt": ["FnRole", "Arn"]])
        #expect(own.at("Resources/FnRole/Type") == "AWS::IAM::Role")
        let given = try transformed(function("Role: arn:aws:iam::1:role/r"))
        #expect(given.at("Resources/Fn/Properties/Role") == "arn:aws:iam::1:role/r")
        #expect(given.at("Resources/FnRole") == nil)
    }

    @Test("a role given under a condition is made under the opposite")
    func conditionalRole() throws {
        let result = try transformed(
            function("Role: !If [Has, arn:x, !Ref AWS::NoValue]") + "\nConditions: {Has: !Equals [a, b]}")
        #expect(result.at("Resources/FnRole/Condition") == "NOTHas")
        #expect(result.at("Conditions/NOTHas") == ["Fn::Not": [["Condition": "Has"]]])
    }

    @Test("policies: templates are filled in, names become ARNs, documents are numbered")
    func policies() throws {
        let result = try transformed(
            function(
                """
                Policies:
                  - SQSPollerPolicy: {QueueName: !GetAtt Q.QueueName}
                  - AmazonS3FullAccess
                  - Mine
                  - Statement: [{Effect: Allow, Action: "*", Resource: "*"}]
                """)
        ) { $0.managedPolicies = ["Mine": "arn:aws:iam::1:policy/Mine"] }
        let role = result.at("Resources/FnRole/Properties")
        #expect(
            role?["ManagedPolicyArns"]?.array?.suffix(2) == [
                "arn:aws:iam::aws:policy/AmazonS3FullAccess", "arn:aws:iam::1:policy/Mine",
            ])
        #expect(role?.at("Policies/0/PolicyName") == "FnRolePolicy0")
        #expect(role?.at("Policies/1/PolicyName") == "FnRolePolicy3")
        let resource = role?.at("Policies/0/PolicyDocument/Statement/0/Resource")
        #expect(resource?.text().contains(#""queueName":{"Fn::GetAtt":["Q","QueueName"]}"#) == true)
    }

    @Test("a version's name follows code and settings, or a hash that is given")
    func versions() throws {
        func version(_ more: String) throws -> String? {
            try transformed(function("AutoPublishAlias: live\n" + more)).at("Resources")?.object?.first {
                $0.value["Type"] == "AWS::Lambda::Version"
            }?.key
        }
        let plain = try version("")
        #expect(try version("Timeout: 5") == plain)
        #expect(try version("MemorySize: 512") != plain)
        #expect(try version("Timeout: 5\nAutoPublishAliasAllProperties: true") != plain)
        #expect(try version("AutoPublishCodeSha256: 0123456789abcdef") == "FnVersion0123456789")
        #expect(plain?.count == "FnVersion".count + 10)
    }

    @Test(
        "what is wrong is told in AWS's words",
        arguments: [
            ("PackageType: Jar", "invalid 'PackageType' : Jar"),
            ("AutoPublishAlias: \"1\"", "AutoPublishAlias name ('1') must contain only"),
            ("DeploymentPreference: {Type: AllAtOnce}", "'DeploymentPreference' requires AutoPublishAlias property"),
            ("DeploymentPreference: {Enabled: true}", "'DeploymentPreference' is missing required Property 'Type'"),
            ("DeadLetterQueue: {Type: SQS}", "'DeadLetterQueue' requires Type and TargetArn properties"),
            ("DeadLetterQueue: {Type: S3, TargetArn: a}", "'DeadLetterQueue' requires Type of ['SQS', 'SNS']"),
            ("Tags: {\"lambda:createdBy\": me}", "lambda:createdBy is a reserved Tag key name"),
            ("FunctionUrlConfig: {AuthType: NO}", "AuthType is required to configure function property"),
            ("FunctionUrlConfig: {AuthType: NONE, Cors: {MaxAge: x}}", "MaxAge must be of type int."),
            ("Policies: [{SQSPollerPolicy: {}}]", "don't have values: ['QueueName']"),
            ("Policies: [{Nothing: {}}]", "Policy at index 0 in the 'Policies' property is not valid"),
            ("Events: {E: {Type: Nothing}}", "Event Type is: Nothing."),
            ("ProvisionedConcurrencyConfig: {a: 1}\nCapacityProviderConfig: {Arn: a}", "together."),
        ])
    func refuses(properties: String, text: String) throws {
        let message = try refusal(function(properties))
        #expect(message?.contains("Resource with id [Fn] is invalid. ") == true)
        #expect(message?.contains(text) == true)
    }

    @Test("destinations that are not named are made")
    func destinations() throws {
        let result = try transformed(
            function(
                """
                EventInvokeConfig:
                  DestinationConfig: {OnSuccess: {Type: SQS}, OnFailure: {Type: SNS, Destination: a}}
                """
            ))
        #expect(result.at("Resources/FnEventInvokeConfigOnSuccessQueue/Type") == "AWS::SQS::Queue")
        #expect(result.at("Resources/FnEventInvokeConfigOnFailureTopic") == nil)
        #expect(
            result.at("Resources/FnEventInvokeConfig/Properties/DestinationConfig") == [
                "OnSuccess": ["Destination": ["Fn::GetAtt": ["FnEventInvokeConfigOnSuccessQueue", "Arn"]]],
                "OnFailure": ["Destination": "a"],
            ])
    }
}

@Suite("DeploymentPreference")
struct DeploymentPreferenceTests {
    private func deployed(_ preference: String, _ more: String = "") throws -> JSON {
        try transformed(function("AutoPublishAlias: live\nDeploymentPreference: \(preference)\n\(more)"))
    }

    @Test("a deployment gets an application, a role, a group, and an alias that says so")
    func resources() throws {
        let result = try deployed("{Type: Canary10Percent5Minutes, Hooks: {PreTraffic: !Ref H}, Alarms: [!Ref A]}")
        #expect(result.at("Resources/ServerlessDeploymentApplication/Properties/ComputePlatform") == "Lambda")
        #expect(result.at("Resources/CodeDeployServiceRole/Type") == "AWS::IAM::Role")
        let group = result.at("Resources/FnDeploymentGroup/Properties")
        #expect(
            group?["DeploymentConfigName"] == [
                "Fn::Sub": ["CodeDeployDefault.Lambda${ConfigName}", ["ConfigName": "Canary10Percent5Minutes"]]
            ])
        #expect(group?["AlarmConfiguration"] == ["Enabled": true, "Alarms": [["Name": ["Ref": "A"]]]])
        #expect(
            result.at("Resources/FnAliaslive/UpdatePolicy/CodeDeployLambdaAliasUpdate") == [
                "ApplicationName": ["Ref": "ServerlessDeploymentApplication"],
                "DeploymentGroupName": ["Ref": "FnDeploymentGroup"], "BeforeAllowTrafficHook": ["Ref": "H"],
            ])
    }

    @Test("a role that is given is used; a configuration of one's own keeps its name")
    func givenParts() throws {
        let result = try deployed("{Type: Mine, Role: arn:r}")
        #expect(result.at("Resources/CodeDeployServiceRole") == nil)
        #expect(result.at("Resources/FnDeploymentGroup/Properties/ServiceRoleArn") == "arn:r")
        #expect(result.at("Resources/FnDeploymentGroup/Properties/DeploymentConfigName") == "Mine")
    }

    @Test("a deployment that is off leaves no trace", arguments: ["false", "\"false\"", "!Ref Off"])
    func disabled(enabled: String) throws {
        let template = function("AutoPublishAlias: live\nDeploymentPreference: {Enabled: \(enabled), Type: AllAtOnce}")
        let result = try transformed(template) { $0.parameters = ["Off": "false"] }
        #expect(result.at("Resources/ServerlessDeploymentApplication") == nil)
        #expect(result.at("Resources/FnAliaslive/UpdatePolicy") == nil)
    }

    @Test("alarms have to be a list")
    func alarms() throws {
        let message = try refusal(
            function("AutoPublishAlias: live\nDeploymentPreference: {Type: AllAtOnce, Alarms: x}"))
        #expect(message?.contains("Resource with id [Fn] is invalid. Alarms must be a list") == true)
    }
}
