package import Notation

extension SAMTransform {
    /// What a template is transformed with, besides its own text.
    package struct Context: Sendable {
        /// The region, as `AWS::Region` names it, and what decides between regional defaults.
        package var region: String
        /// `aws`, `aws-cn`, `aws-us-gov`: the first word of ARNs.
        package var partition: String
        /// Values given for the template's parameters. Parameters without one take their `Default`.
        package var parameters: JSONObject
        /// Managed policies by name, besides AWS's own, which are known without being told.
        package var managedPolicies: [String: String]
        /// What the application repository says about the applications a template nests.
        package var applications: Applications
        /// Whether every feature that AWS releases step by step is on.
        package var allFeatures: Bool
        /// Now, in seconds since 1970: what deployments of APIs with `AlwaysDeploy` are named after.
        package var time: Int

        /// Surroundings of one account in one region.
        package init(
            region: String, partition: String = "aws", parameters: JSONObject = [:],
            managedPolicies: [String: String] = [:], applications: Applications = Applications(),
            allFeatures: Bool = false, time: Int = 0
        ) {
            self.region = region
            self.partition = partition
            self.parameters = parameters
            self.managedPolicies = managedPolicies
            self.applications = applications
            self.allFeatures = allFeatures
            self.time = time
        }

        /// Reads the surroundings from a document with the members `region`, `partition`, `parameters`,
        /// `managedPolicies`, `applications`, `allFeatures` and `time`; only `region` has to be there.
        ///
        /// - Throws: ``SAMError`` when there is no region.
        package init(json: JSON) throws {
            guard let region = json["region"]?.string else {
                throw SAMError(message: "The context's 'region' is missing.", causes: [])
            }
            self.init(region: region)
            partition = json["partition"]?.string ?? partition
            parameters = json["parameters"]?.object ?? parameters
            for (name, arn) in json["managedPolicies"]?.object ?? [:] { managedPolicies[name] = arn.string }
            applications = Applications(json: json["applications"]?.object ?? [:])
            allFeatures = json["allFeatures"]?.bool ?? allFeatures
            time = json["time"]?.int ?? time
        }
    }

    /// Stands for the Serverless Application Repository: what it answers for each application id.
    package struct Applications: Sendable {
        /// What the repository knows of one application.
        package struct Answer: Sendable {
            /// Why the application cannot be used; nil when it can.
            package var refusal: String?
            /// The states its template is seen in, one look after another: `PREPARING`, `ACTIVE`, `EXPIRED`.
            package var statuses: [String]
            /// Whether to look again until the template is `ACTIVE`.
            package var waits: Bool
            /// Seconds after which looking again ends; nil for as long as there are states.
            package var waitSeconds: Int?

            /// An application whose template is there, unless told otherwise.
            package init(
                refusal: String? = nil, statuses: [String] = ["ACTIVE"], waits: Bool = false, waitSeconds: Int? = nil
            ) {
                self.refusal = refusal
                self.statuses = statuses
                self.waits = waits
                self.waitSeconds = waitSeconds
            }
        }

        /// The answers by application id; `*` is every other id.
        package var answers: [String: Answer]
        /// Where the template of an application that can be used is read from.
        package var templateURL: String?

        /// A repository of these applications; of none unless told otherwise.
        package init(answers: [String: Answer] = [:], templateURL: String? = nil) {
            self.answers = answers
            self.templateURL = templateURL
        }

        fileprivate init(json: JSONObject) {
            self.init(templateURL: json["templateUrl"]?.string)
            for (id, value) in json where value.object != nil {
                answers[id] = Answer(
                    refusal: value["error"]?.string,
                    statuses: value["statuses"]?.array?.compactMap(\.string) ?? ["ACTIVE"],
                    waits: value["wait"]?.bool ?? false, waitSeconds: value["waitSeconds"]?.int)
            }
        }
    }
}
