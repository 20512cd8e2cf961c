/// Guard rules.
package enum Guard {}
