internal import Notation

/// What the figures mean: fixed, numbered, and printed beside them.
///
/// Whoever changes a rule here changes ``version``, so that figures of different rules are never compared unawares.
/// Sources of the terms: DORA, "DORA's software delivery metrics" (dora.dev, guide of 2026-01-05).
package enum Rules {
    /// Which set of rules this is.
    package static let version = "2026-11"
    /// Fewer deployments than this in the time asked for get no tier.
    package static let enough = 5
    /// How long after a deployment something may still be tied to it: its being taken back, its remedy, its rework.
    /// Fixed, so that looking at another stretch of time never ties a failure to another deployment.
    package static let reach = Duration.seconds(7 * 86_400)

    /// The rules in words, by name.
    package static let words: [(name: String, text: String)] = [
        (
            "deployment",
            "A change to a production service that all its users got, or that was stopped after some had it. A "
                + "stack's update with all its traffic shifts is one; bringing an earlier version back is recovery, "
                + "not a deployment."
        ),
        (
            "deploymentFrequency",
            "Deployments per day of the time asked for (from the service's first event on, where that is "
                + "later), and the days (UTC) on which there was one. A deployment belongs to the moment it was over."
        ),
        (
            "leadTime",
            "Per commit, whoever wrote it: from its first arrival in the platform's repository to all users "
                + "having it. Median and 90th percentile. Deployments without a known commit have none."
        ),
        (
            "changeFailRate",
            "The share of deployments that failed: stopped or rolled back by an alarm, a hook or a person after "
                + "users had them, or taken back, reverted or named as mended by a later deployment within 7 days."
        ),
        (
            "recoveryTime",
            "From the first user who had the failed deployment to a good version serving all again, by going "
                + "back or by the next good deployment. Median and 90th percentile of those recovered; open ones are "
                + "counted apart."
        ),
        (
            "reworkRate",
            "The share of deployments that were made because of an incident: the first after a failed one "
                + "within 7 days, those that revert or name a failed one, and those whose commit or stack names an "
                + "incident. No tier is published."
        ),
        (
            "caught",
            "Changes stopped before any user had them. They are neither deployments nor failures: a gate that "
                + "holds is no fault."
        ),
        (
            "exposure",
            "For a failed deployment: the share of traffic it had, times the minutes it had it. 1 is everybody "
                + "for one minute."
        ),
        (
            "production",
            "A stack with the tag slipway:environment=production (any other value: not). Without the tag: what "
                + "a pipeline's last deploying stage deploys; and what no pipeline deploys; unless its stack or stage "
                + "is named like a rehearsal, or the stack only holds pipelines, builds or repositories."
        ),
    ]

    /// Parts of names that speak of an environment before production.
    private static let rehearsals: Set<String> = [
        "staging", "stage", "test", "testing", "dev", "development", "qa", "preview", "sandbox", "uat", "preprod",
        "integration", "beta", "gamma", "alpha", "acceptance",
    ]

    /// Whether a name speaks of an environment before production: `orders-staging`, `DeployTest`.
    static func isRehearsal(_ name: String) -> Bool { !rehearsals.isDisjoint(with: parts(name)) }

    /// The words of a name, however they are joined.
    private static func parts(_ name: String) -> Set<String> {
        var (words, word, wasLower): (Set<String>, String, Bool) = ([], "", false)
        for character in name {
            let isLetter = character.isLetter
            if !isLetter || (character.isUppercase && wasLower) {
                words.insert(word.lowercased())
                word = ""
            }
            if isLetter { word.append(character) }
            wasLower = character.isLowercase
        }
        words.insert(word.lowercased())
        return words
    }
}
