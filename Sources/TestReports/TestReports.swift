/// Test reports.
package enum TestReports {}
