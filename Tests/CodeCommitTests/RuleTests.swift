@testable import CodeCommit
import Testing

@Suite("Approval rules")
struct RuleTests {
    @Test(
        "contents that are rules, and what is wrong with others",
        arguments: [
            (#"{"Version":"2018-11-08","Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":2}]}"#, nil),
            (
                #"{"Version":"2018-11-08","DestinationReferences":["refs/heads/main"],"Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":1,"ApprovalPoolMembers":["*"]}]}"#,
                nil
            ),
            ("x", "no JSON object"), ("[]", "no JSON object"), (#"{"Statements":[]}"#, "Version"),
            (#"{"Version":"2018-11-08","Statements":[]}"#, "one statement"),
            (#"{"Version":"2018-11-08","Extra":1}"#, "unknown member"),
            (#"{"Version":"2018-11-08","Statements":[{"Type":"Other","NumberOfApprovalsNeeded":1}]}"#, "Type"),
            (#"{"Version":"2018-11-08","Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":0}]}"#, "1 to 30"),
            (
                #"{"Version":"2018-11-08","Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":1,"ApprovalPoolMembers":"x"}]}"#,
                "list of texts"
            ),
        ] as [(String, String?)])
    func contents(_ text: String, _ fault: String?) {
        do throws(RuleFault) {
            _ = try RuleContent(parsing: text)
            #expect(fault == nil)
        } catch {
            #expect(fault.map { error.message.contains($0) } == true, "\(error.message)")
        }
    }

    @Test(
        "members of the pool",
        arguments: [
            ("arn:aws:iam::1:user/ann", "arn:aws:iam::1:user/ann", true),
            ("arn:aws:iam::1:user/*", "arn:aws:iam::1:user/ann", true),
            ("arn:aws:sts::1:assumed-role/Review/*", "arn:aws:sts::1:assumed-role/Review/bob", true),
            ("arn:aws:sts::1:assumed-role/Review/*", "arn:aws:sts::1:assumed-role/Other/bob", false),
            ("CodeCommitApprovers:1:ann", "arn:aws:iam::1:user/ann", true),
            ("CodeCommitApprovers:1:ann", "arn:aws:iam::2:user/ann", false),
            ("CodeCommitApprovers:1:Review/*", "arn:aws:sts::1:assumed-role/Review/bob", true),
            ("CodeCommitApprovers:1:ann", "arn:aws:iam::1:user/anna", false),
            ("CodeCommitApprovers:1", "arn:aws:iam::1:user/ann", false),
        ])
    func pool(_ member: String, _ user: String, _ matches: Bool) {
        #expect(RuleContent.matches(member, user) == matches)
    }

    @Test("a rule counts each approver of its pool once")
    func counting() throws {
        let content = try RuleContent(
            parsing:
                #"{"Version":"2018-11-08","Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":2,"ApprovalPoolMembers":["a*","b"]}]}"#
        )
        #expect(!content.isMet(by: ["a1", "a1", "c"]))
        #expect(content.isMet(by: ["a1", "b"]))
        #expect(content.isMet(by: ["a1", "a2", "c"]))
    }
}
