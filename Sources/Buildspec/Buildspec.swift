/// Buildspec files.
package enum Buildspec {}
