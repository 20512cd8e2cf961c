import Guard
import Notation

/// A template with some of everything.
let template = """
    Resources:
      Logs:
        Type: AWS::S3::Bucket
        Properties:
          BucketName: my-logs
          BucketEncryption:
            ServerSideEncryptionConfiguration:
              - ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms'}
          Tags:
            - {Key: stage, Value: prod}
            - {Key: service, Value: shop}
      Data:
        Type: AWS::S3::Bucket
        Properties: {BucketName: Encrypted-Data}
      Disk:
        Type: AWS::EC2::Volume
        DeletionPolicy: Snapshot
        Properties: {Size: 100, VolumeType: io1, Encrypted: true, Ratio: 1.5, Text: "7",
                     Policy: '{"Effect": "Allow", "N": [1, 2]}'}
      Group:
        Type: AWS::EC2::SecurityGroup
        Properties:
          Empty: []
          Rules:
            - {Protocol: tcp, From: 20, To: 25, Ranges: [{Cidr: 0.0.0.0/0}, {Cidr: 10.0.0.0/8}]}
            - {Protocol: udp, From: 80, To: 80, Ranges: [{Cidr: 10.0.0.0/8}]}
          Action: ["s3:Get*", "s3:Put*"]
          Arn: "arn:aws:newservice:us-west-2:123456789012:Table/extracted"
          Encoded: a%20b
    """

/// The rules' verdict on the template, or on another document.
func ask(_ rules: String, _ document: String = template) throws -> GuardVerdict {
    let (tree, marks) = try YAML().parseWithMarks(document)
    return try GuardRules(rules, name: "test.guard").evaluate(tree, marks: marks)
}

/// How a single clause ends, as the only one of a rule.
func clause(_ text: String) throws -> GuardVerdict.Status { try ask("rule r {\n\(text)\n}").rules[0].status }
