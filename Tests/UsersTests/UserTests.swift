import Testing
import Users

@Suite struct UserTests {
  @Test(
    "limits that a record leaves out",
    arguments: [
      (0, 0, 100, 100_000), (5, 0, 5, 5000), (5, 70, 5, 70), (0, 70, 100, 70),
      (User.greatestLimit, 0, User.greatestLimit, User.greatestLimit * 1000),
    ])
  func defaults(rpm: Int, tpm: Int, requests: Int, tokens: Int) throws {
    let user = try User(name: "ann", rpm: rpm, tpm: tpm)
    #expect(user.requestLimit == requests)
    #expect(user.tokenLimit == tokens)
  }

  @Test(
    "records that cannot be taken",
    arguments: [
      ("", 0, 0, "name must have 1 to 256 bytes"),
      (String(repeating: "a", count: 257), 0, 0, "name must have 1 to 256 bytes"),
      ("a\nb", 0, 0, "name must have no control characters, since clients send it in a header"),
      (" ann", 0, 0, "name must not begin or end with a space, which a header's value cannot"),
      ("ann ", 0, 0, "name must not begin or end with a space, which a header's value cannot"),
      ("ann", -1, 0, "rpm must be from 0 to 1000000000000, not -1"),
      ("ann", 0, -7, "tpm must be from 0 to 1000000000000, not -7"),
    ])
  func refusals(name: String, rpm: Int, tpm: Int, reason: String) {
    #expect(throws: InvalidUser.self) { try User(name: name, rpm: rpm, tpm: tpm) }
    do {
      _ = try User(name: name, rpm: rpm, tpm: tpm)
    } catch {
      #expect("\(error)" == reason)
    }
  }
}
