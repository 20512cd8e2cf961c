import TestReports

/// Result files as the tools write them, small.
enum Samples {
    static let junit = """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="all">
          <testsuite name="shop.CartTests" tests="5" time="1.5">
            <properties><property name="a" value="b"/></properties>
            <testcase classname="shop.Cart" name="adds" time="0.25"/>
            <testcase classname="shop.Cart" name="removes" time="1,000.5">
              <failure message="expected &lt;1&gt;" type="AssertionError"><![CDATA[at Cart.java:12]]>
              </failure>
              <system-out>noise</system-out>
            </testcase>
            <testcase classname="shop.Cart" name="explodes"><error>java.lang.Error: no</error></testcase>
            <testcase classname="shop.Cart" name="later"><skipped message="not yet"/></testcase>
            <testsuite name="inner"><testcase name="deep" time="bad"/></testsuite>
          </testsuite>
        </testsuites>
        """
    static let nunit = """
        <test-results name="a.dll" total="4">
          <test-suite name="MyTests" success="False"><results>
            <test-case name="Shop.MyTests.Passes" executed="True" result="Success" time="0.010"/>
            <test-case name="Shop.MyTests.Fails(1.5)" executed="True" result="Failure" time="0.020">
              <failure><message><![CDATA[Expected 1]]></message><stack-trace>at X</stack-trace></failure>
            </test-case>
            <test-case name="Shop.MyTests.Left" executed="False" result="Ignored">
              <reason><message>why</message></reason></test-case>
            <test-case name="Shop.MyTests.Bad" executed="True" result="Error"/>
          </results></test-suite>
        </test-results>
        """
    static let nunit3 = """
        <test-run id="2" result="Failed"><test-suite type="TestFixture" name="MyTests">
          <test-case name="Passes" classname="Shop.MyTests" result="Passed" duration="0.5"/>
          <test-case name="Fails" classname="Shop.MyTests" result="Failed" duration="0.1">
            <failure><message>no</message></failure></test-case>
          <test-case name="Bad" classname="Shop.MyTests" result="Failed" label="Error"/>
          <test-case name="Left" classname="Shop.MyTests" result="Skipped" label="Ignored"/>
          <test-case name="Who" classname="Shop.MyTests" result="Inconclusive"/>
        </test-suite></test-run>
        """
    static let testNG = """
        <testng-results skipped="1" failed="1" total="3" passed="1"><suite name="S"><test name="T">
          <class name="shop.Cart">
            <test-method status="PASS" name="setUp" is-config="true" duration-ms="3"/>
            <test-method status="PASS" name="adds" duration-ms="12"/>
            <test-method status="FAIL" name="removes" duration-ms="5"><exception class="E">
              <message><![CDATA[boom]]></message><full-stacktrace><![CDATA[at Cart]]></full-stacktrace></exception>
            </test-method>
            <test-method status="SKIP" name="later" duration-ms="0"/>
          </class></test></suite></testng-results>
        """
    static let trx = """
        <?xml version="1.0" encoding="utf-8"?>
        <TestRun id="1" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
          <Results>
            <UnitTestResult testId="a" testName="Shop.Cart.Adds" outcome="Passed" duration="00:00:01.5000000"/>
            <UnitTestResult testId="b" testName="Removes" outcome="Failed" duration="00:00:00.1"><Output><ErrorInfo>
              <Message>Expected 1</Message><StackTrace>at Cart</StackTrace></ErrorInfo></Output></UnitTestResult>
            <UnitTestResult testId="c" testName="Later" outcome="NotExecuted"/>
          </Results>
          <TestDefinitions>
            <UnitTest id="a" name="Adds"><TestMethod className="Shop.Cart, Shop, Version=1" name="Adds"/></UnitTest>
            <UnitTest id="b" name="Removes"><TestMethod className="Shop.Cart" name="Removes"/></UnitTest>
          </TestDefinitions>
        </TestRun>
        """
    static let cucumber = #"""
        [{"name": "Cart", "uri": "cart.feature", "elements": [
          {"type": "background", "name": "", "steps": [
            {"name": "a shop", "result": {"status": "passed", "duration": 5}}]},
          {"type": "scenario", "name": "adds", "steps": [
            {"name": "x", "result": {"status": "passed", "duration": 1000}}]},
          {"type": "scenario", "name": "removes", "steps": [
            {"keyword": "Then ", "name": "it is gone", "result": {"status": "failed", "error_message": "still here"}},
            {"name": "y", "result": {"status": "skipped"}}]},
          {"type": "scenario", "name": "later", "steps": [{"name": "z", "result": {"status": "undefined"}}]},
          {"type": "scenario", "name": "skipped", "before": [{"result": {"status": "skipped"}}], "steps": []}]}]
        """#
    static let clover = """
        <coverage generated="1"><project timestamp="1"><package name="p"><file name="a.js" path="src/a.js">
          <metrics statements="3" coveredstatements="2" conditionals="2" coveredconditionals="1"/>
          <line num="1" count="3" type="stmt"/><line num="2" count="0" type="stmt"/>
          <line num="3" type="cond" truecount="1" falsecount="0"/></file>
          <file name="b.js"><class name="B"><metrics statements="9"/></class></file></package>
          <metrics statements="100" coveredstatements="1"/></project></coverage>
        """
    static let cobertura = """
        <?xml version="1.0" ?>
        <!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
        <coverage line-rate="0.5"><packages><package name="p"><classes>
          <class name="A" filename="src/a.py"><methods><method name="m"><lines>
          <line number="1" hits="1"/></lines></method></methods>
          <lines><line number="1" hits="1"/><line number="2" hits="0"/>
            <line number="3" hits="2" branch="true" condition-coverage="50% (1/2)"/></lines></class>
          <class name="A$1" filename="src/a.py"><lines><line number="2" hits="4"/></lines></class>
        </classes></package></packages></coverage>
        """
    static let jacoco = """
        <?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">
        <report name="shop"><package name="com/shop"><class name="com/shop/Cart">
          <counter type="LINE" missed="9" covered="9"/></class><sourcefile name="Cart.java">
          <line nr="1" mi="0" ci="1"/><counter type="INSTRUCTION" missed="9" covered="1"/>
          <counter type="BRANCH" missed="1" covered="3"/><counter type="LINE" missed="2" covered="6"/></sourcefile>
          <counter type="LINE" missed="2" covered="6"/></package></report>
        """
    static let simpleCov = #"""
        {"RSpec": {"coverage": {"/app/a.rb": {"lines": [1, null, 0, "ignored", 5],
          "branches": {"[:if, 0, 5, 2, 7, 5]": {"[:then, 1, 5, 1, 5, 2]": 3, "[:else, 2, 6, 1, 6, 2]": 0}}}},
          "timestamp": 1}, "Minitest": {"coverage": {"/app/a.rb": [0, null, 2], "/app/b.rb": [0]}, "timestamp": 1}}
        """#

    static let tests: [(TestFormat, String)] = [
        (.junit, junit), (.nunit, nunit), (.nunit3, nunit3), (.testNG, testNG), (.trx, trx), (.cucumber, cucumber),
    ]
    static let coverages: [(CoverageFormat, String)] = [
        (.clover, clover), (.cobertura, cobertura), (.jacoco, jacoco), (.simpleCov, simpleCov),
    ]
}

extension TestReport {
    init(_ text: String, _ format: TestFormat) { self.init([("r.xml", Array(text.utf8))], format: format) }
}

extension CoverageReport {
    init(_ text: String, _ format: CoverageFormat) { self.init([("c.xml", Array(text.utf8))], format: format) }
}
