internal import Notation

/// What a template is resolved for: the stack, where it stands, and the values given.
package struct StackContext: Sendable {
    /// The account that owns the stack.
    package var accountID: String
    /// The region it stands in.
    package var region: String
    /// `aws`, unless the region belongs to another.
    package var partition = "aws"
    /// The domain that AWS's services answer under.
    package var urlSuffix = "amazonaws.com"
    /// The stack's name; nil when there is no stack yet, as in ValidateTemplate.
    package var stackName: String?
    /// The stack's ARN; nil when there is no stack yet.
    package var stackID: String?
    /// Topics that are told about the stack's events.
    package var notificationARNs: [String] = []
    /// The parameters' values.
    package var parameters = ParameterValues(bound: [])
    /// What other stacks of account and region export, by name.
    package var exports: [String: String] = [:]
    /// The zones of a region, for `Fn::GetAZs`.
    package var zones: @Sendable (String) -> [String] = StackContext.threeZones

    /// A context of that account and region.
    package init(accountID: String, region: String, stackName: String? = nil, stackID: String? = nil) {
        self.accountID = accountID
        self.region = region
        self.stackName = stackName
        self.stackID = stackID
        if region.hasPrefix("cn-") { (partition, urlSuffix) = ("aws-cn", "amazonaws.com.cn") }
        if region.hasPrefix("us-gov-") { partition = "aws-us-gov" }
    }

    /// Zones `a`, `b` and `c` of the region.
    @Sendable package static func threeZones(_ region: String) -> [String] { ["a", "b", "c"].map { region + $0 } }

    /// What `Ref` yields for pseudo parameters and parameters.
    var values: [String: JSON] {
        var values: [String: JSON] = [
            "AWS::AccountId": .string(accountID), "AWS::Region": .string(region),
            "AWS::Partition": .string(partition), "AWS::URLSuffix": .string(urlSuffix),
            "AWS::NotificationARNs": .array(notificationARNs.map(JSON.string)),
        ]
        if let stackName { values["AWS::StackName"] = .string(stackName) }
        if let stackID { values["AWS::StackId"] = .string(stackID) }
        for bound in parameters.bound { values[bound.parameter.name] = bound.value }
        return values
    }
}
