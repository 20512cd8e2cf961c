/// Patterns.
package enum Patterns {}
