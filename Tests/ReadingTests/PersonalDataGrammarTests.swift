import Testing

@testable import Reading

@Suite("Personal data with a form")
struct PersonalDataGrammarTests {
  static func spans(_ text: String) -> [PersonalDataSpan] {
    Array(text.utf8).withUnsafeBytes { PersonalDataFinder().find(in: $0) }
  }

  /// What a text holds of a type, at a confidence.
  static func found(_ type: PersonalDataType, in text: String, atLeast confidence: Double) -> [String] {
    let bytes = Array(text.utf8)
    return spans(text).filter { $0.type == type && $0.confidence >= confidence }.map {
      String(decoding: bytes[$0.range], as: UTF8.self)
    }
  }

  /// Texts with what must be found in them by the default threshold, 0.9.
  static let sure: [(PersonalDataType, String, String)] = [
    (.emailAddress, "mail ada@example.org today", "ada@example.org"),
    (.emailAddress, "<first.last+tag@mail.example.co.uk>", "first.last+tag@mail.example.co.uk"),
    (.emailAddress, "Schreib an JÜRGEN: juergen_k@firma.de.", "juergen_k@firma.de"),
    (.emailAddress, "o'brien@example.ie!", "o'brien@example.ie"),
    (.emailAddress, "mailto:x@y.io", "x@y.io"),
    (.emailAddress, "a@b-c.museum, please", "a@b-c.museum"),
    (.emailAddress, "写信给 li.wei@example.cn。", "li.wei@example.cn"),
    (.emailAddress, "邮箱li@example.cn吗", "li@example.cn"),
    (.emailAddress, "kontakt@müller.example", "kontakt@müller.example"),
    (.emailAddress, "“ann@example.com”", "ann@example.com"),
    (.emailAddress, "123456@example.com", "123456@example.com"),
    (.emailAddress, "(bob%corp@example.net)", "bob%corp@example.net"),
    (.emailAddress, "x=joe@example.com;y", "joe@example.com"),
    (.emailAddress, "JOE@EXAMPLE.COM", "JOE@EXAMPLE.COM"),
    (.emailAddress, "joe1990.06.12@example.com", "joe1990.06.12@example.com"),

    (.creditCard, "4111 1111 1111 1111", "4111 1111 1111 1111"),
    (.creditCard, "4111-1111-1111-1111", "4111-1111-1111-1111"),
    (.creditCard, "4111111111111111", "4111111111111111"),
    (.creditCard, "amex 3782 822463 10005", "3782 822463 10005"),
    (.creditCard, "378282246310005.", "378282246310005"),
    (.creditCard, "5555555555554444", "5555555555554444"),
    (.creditCard, "2223003122003222", "2223003122003222"),
    (.creditCard, "6011111111111117", "6011111111111117"),
    (.creditCard, "3530111333300000", "3530111333300000"),
    (.creditCard, "3056 930902 5904", "3056 930902 5904"),
    (.creditCard, "6200000000000005", "6200000000000005"),
    // No right check digit, but of an issuer, and the text says what it is.
    (.creditCard, "my card is 4111 1111 1111 1112", "4111 1111 1111 1112"),
    (.creditCard, "charge 5555555555554445 please", "5555555555554445"),
    (.creditCard, "5038 is wrong; card 503867297114", "503867297114"),
    (.creditCard, "cc:4222222222222", "4222222222222"),
    (.creditCard, "卡号4111111111111111。", "4111111111111111"),

    (.bankAccount, "DE89370400440532013000", "DE89370400440532013000"),
    (.bankAccount, "DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
    (.bankAccount, "GB29 NWBK 6016 1331 9268 19.", "GB29 NWBK 6016 1331 9268 19"),
    (.bankAccount, "gb29nwbk60161331926819", "gb29nwbk60161331926819"),
    (.bankAccount, "FR1420041010050500013M02606", "FR1420041010050500013M02606"),
    (.bankAccount, "NO9386011117947", "NO9386011117947"),
    (.bankAccount, "NL91ABNA0417164300", "NL91ABNA0417164300"),
    (.bankAccount, "IT60X0542811101000000123456", "IT60X0542811101000000123456"),
    (.bankAccount, "ES9121000418450200051332", "ES9121000418450200051332"),
    (.bankAccount, "CH9300762011623852957", "CH9300762011623852957"),
    (.bankAccount, "PL61109010140000071219812874", "PL61109010140000071219812874"),
    (.bankAccount, "AT611904300234573201", "AT611904300234573201"),
    (.bankAccount, "BE68 5390 0754 7034", "BE68 5390 0754 7034"),
    (.bankAccount, "SE4550000000058398257466", "SE4550000000058398257466"),
    (.bankAccount, "my IBAN is GB29NWBK60161331926818", "GB29NWBK60161331926818"),

    (.ipAddress, "ping 192.168.1.10", "192.168.1.10"),
    (.ipAddress, "8.8.4.40 answered", "8.8.4.40"),
    (.ipAddress, "from 10.218.6.131:8080", "10.218.6.131"),
    (.ipAddress, "(203.0.113.7)", "203.0.113.7"),
    (.ipAddress, "10.0.0.0/8", "10.0.0.0"),
    (.ipAddress, "host 1.2.3.4", "1.2.3.4"),
    (.ipAddress, "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    (.ipAddress, "2001:db8::1 is up", "2001:db8::1"),
    (.ipAddress, "fe80::1ff:fe23:4567:890a", "fe80::1ff:fe23:4567:890a"),
    (.ipAddress, "d80:e4b5:79da:6cf6:71f3:51f7:9161:c319", "d80:e4b5:79da:6cf6:71f3:51f7:9161:c319"),
    (.ipAddress, "[2606:4700:4700::1111]:443", "2606:4700:4700::1111"),
    (.ipAddress, "6e40:4041:c617:e898:c11:40d2:c669:2eb4.", "6e40:4041:c617:e898:c11:40d2:c669:2eb4"),
    (.ipAddress, "172.16.254.1, 172.16.254.2", "172.16.254.1"),
    (.ipAddress, "|69.196.0.85|%20/", "69.196.0.85"),
    (.ipAddress, "http://203.0.113.9/x", "203.0.113.9"),

    (.socialSecurityNumber, "123-45-6789", "123-45-6789"),
    (.socialSecurityNumber, "SSN: 219-09-9998.", "219-09-9998"),
    (.socialSecurityNumber, "ssn 078 05 1120", "078 05 1120"),
    (.socialSecurityNumber, "my social security number is 219099998", "219099998"),
    (.socialSecurityNumber, "899-12-3456,", "899-12-3456"),
    (.socialSecurityNumber, "(123-45-6789)", "123-45-6789"),
    (.socialSecurityNumber, "123-45-6789 is my SSN", "123-45-6789"),
    (.socialSecurityNumber, "ITIN 912-70-1234 (ssn)", "912-70-1234"),
    (.socialSecurityNumber, "“123-45-6789”", "123-45-6789"),
    (.socialSecurityNumber, "social security: 123 45 6789", "123 45 6789"),
    (.socialSecurityNumber, "SSN=665-12-3456", "665-12-3456"),
    (.socialSecurityNumber, "SSN #667-12-3456", "667-12-3456"),
    (.socialSecurityNumber, "his SSN, 001-01-0001", "001-01-0001"),
    (.socialSecurityNumber, "123-45-6789\n987-65-4321", "123-45-6789"),
    (.socialSecurityNumber, "SSN:123456789", "123456789"),

    (.phoneNumber, "+1 415 555 0100", "+1 415 555 0100"),
    (.phoneNumber, "+49 (0)30 1234567", "+49 (0)30 1234567"),
    (.phoneNumber, "+447700900123", "+447700900123"),
    (.phoneNumber, "(415) 555-0100", "(415) 555-0100"),
    (.phoneNumber, "415-555-0100", "415-555-0100"),
    (.phoneNumber, "415.555.0100", "415.555.0100"),
    (.phoneNumber, "1-800-555-0199", "1-800-555-0199"),
    (.phoneNumber, "(415)555-0100x123", "(415)555-0100x123"),
    (.phoneNumber, "415-555-0100 ext. 42", "415-555-0100 ext. 42"),
    (.phoneNumber, "001-415-555-0100", "001-415-555-0100"),
    (.phoneNumber, "01.84.17.61.18", "01.84.17.61.18"),
    (.phoneNumber, "call 06 12 34 56 78", "06 12 34 56 78"),
    (.phoneNumber, "my phone is 020 7946 0958", "020 7946 0958"),
    (.phoneNumber, "Tel. 030/1234567", "030/1234567"),
    (.phoneNumber, "call me on 555-0100", "555-0100"),
    (.phoneNumber, "mobile 9761 9808", "9761 9808"),
    (.phoneNumber, "text 4155550100", "4155550100"),
    (.phoneNumber, "9885 1152 office", "9885 1152"),
    (.phoneNumber, "电话：+86 138 0013 8000", "+86 138 0013 8000"),

    (.domainName, "see https://example.org/a?b", "https://example.org"),
    (.domainName, "http://www.shop.example.co.nz/", "http://www.shop.example.co.nz"),
    (.domainName, "www.example.se", "www.example.se"),
    (.domainName, "example.com", "example.com"),
    (.domainName, "api.eu-1.example.com:8080", "api.eu-1.example.com"),
    (.domainName, "visit GitHub.io!", "GitHub.io"),
    (.domainName, "https://ecole.fr", "https://ecole.fr"),
    (.domainName, "EXAMPLE.COM", "EXAMPLE.COM"),
    (.domainName, "(example.org)", "example.org"),
    (.domainName, "example.net.", "example.net"),
    (.domainName, "https://x.py", "https://x.py"),
    (.domainName, "ftp.example.edu", "ftp.example.edu"),
    (.domainName, "example.gov, then", "example.gov"),
    (.domainName, "访问example.com。", "example.com"),
    (.domainName, "www.gov.uk", "www.gov.uk"),
    (.domainName, "http://www.example.com.au/", "http://www.example.com.au"),

    (.postalCode, "zip code 94105", "94105"),
    (.postalCode, "ZIP: 53-320", "53-320"),
    (.postalCode, "Austin, TX 78701", "78701"),
    (.postalCode, "Reno NV 89501-1234", "89501-1234"),
    (.postalCode, "SW1A 1AA", "SW1A 1AA"),
    (.postalCode, "EC1A 1BB, London", "EC1A 1BB"),
    (.postalCode, "B0J 2H0", "B0J 2H0"),
    (.postalCode, "postcode 840 24", "840 24"),
    (.postalCode, "PLZ 10115", "10115"),
    (.postalCode, "my zip is 90010-170", "90010-170"),
    (.postalCode, "postcode M1 1AE", "M1 1AE"),
    (.postalCode, "Zip code: 7412 SL", "7412 SL"),
    (.postalCode, "CR2 6XH", "CR2 6XH"),
    (.postalCode, "APO AE 09204", "09204"),
    (.postalCode, "postal code 610", "610"),

    (.streetAddress, "350 Fifth Avenue", "350 Fifth Avenue"),
    (.streetAddress, "at 221b Baker Street, London", "221b Baker Street"),
    (.streetAddress, "1600 Pennsylvania Ave. NW", "1600 Pennsylvania Ave"),
    (.streetAddress, "12 rue de Rivoli", "12 rue de Rivoli"),
    (.streetAddress, "Hauptstraße 5a", "Hauptstraße 5a"),
    (.streetAddress, "Via Roma 131", "Via Roma 131"),
    (.streetAddress, "Calle Mayor 7", "Calle Mayor 7"),
    (.streetAddress, "ul. Lubartowska 42", "ul. Lubartowska 42"),
    (.streetAddress, "Rua Augusta 1508", "Rua Augusta 1508"),
    (.streetAddress, "P.O. Box 255", "P.O. Box 255"),
    (.streetAddress, "Storgatan 12", "Storgatan 12"),
    (.streetAddress, "Kerkstraat 17", "Kerkstraat 17"),
    (.streetAddress, "4 Elm Rd, Apt 12", "4 Elm Rd, Apt 12"),
    (.streetAddress, "Villacher Strasse 89", "Villacher Strasse 89"),
    (.streetAddress, "901 S 4th Street", "901 S 4th Street"),
    (.streetAddress, "PSC 2905, Box 1278", "PSC 2905, Box 1278"),

    (.dateTime, "2014-02-13 09:33:20", "2014-02-13 09:33:20"),
    (.dateTime, "2024-06-01T12:00Z", "2024-06-01T12:00Z"),
    (.dateTime, "3/13/1956", "3/13/1956"),
    (.dateTime, "31.12.1999.", "31.12.1999"),
    (.dateTime, "March 5, 2020", "March 5, 2020"),
    (.dateTime, "5 March 2020", "5 March 2020"),
    (.dateTime, "on the 5th of March 2020", "5th of March 2020"),
    (.dateTime, "5. März 2020", "5. März 2020"),
    (.dateTime, "le 14 juillet 1989", "14 juillet 1989"),
    (.dateTime, "3 de mayo de 2001", "3 de mayo de 2001"),
    (.dateTime, "Sept. 9, 1999", "Sept. 9, 1999"),
    (.dateTime, "born on May 12", "May 12"),
    (.dateTime, "DOB 01/02/85", "01/02/85"),
    (.dateTime, "1999/12/31", "1999/12/31"),
    (.dateTime, "01-02-2003", "01-02-2003"),
    (.dateTime, "May 1st, 2020", "May 1st, 2020"),

    (.age, "82 years old", "82"),
    (.age, "he is a 50-year-old man", "50"),
    (.age, "I'm an 18 year old student", "18"),
    (.age, "Mr. Ford is a 19 year old man", "19"),
    (.age, "I have a 9-year-old son", "9"),
    (.age, "my 9-year-old son", "9"),
    (.age, "Jane Doe, a 34-year-old nurse", "34"),
    (.age, "He has a 9-year-old son", "9"),
    (.age, "We have a 9-year-old", "9"),
    (.age, "Patient: 38-year-old male", "38"),
    (.age, "she is a healthy 4-year-old girl", "4"),
    (.age, "my sister and her 15-year-old son", "15"),
    (.age, "the 45-year-old was arrested", "45"),
    (.age, "she died at age 71", "71"),
    (.age, "Jane retired early at age 61", "61"),
    (.age, "aged 82 and living alone", "82"),
    (.age, "This 66 year old female", "66"),
    (.age, "aged 82", "82"),
    (.age, "at the age of 71", "71"),
    (.age, "age: 33", "33"),
    (.age, "i'm 58 y/o.", "58"),
    (.age, "He just turned 40", "40"),
    (.age, "I'll turn 65.", "65"),
    (.age, "turning 18, she", "18"),
    (.age, "7 yrs old", "7"),
    (.age, "er ist 44 Jahre alt", "44"),
    (.age, "25yo", "25"),
    (.age, "Age 101", "101"),

    (.driverLicense, "driver's license number is A1234567", "A1234567"),
    (.driverLicense, "driver's licence: 2270-66-1551", "2270-66-1551"),
    (.driverLicense, "My driving licence F162823540116", "F162823540116"),
    (.driverLicense, "DL: LH329609T", "LH329609T"),
    (.driverLicense, "driver license 50473044", "50473044"),

    (.title, "Dr. Weiss", "Dr."),
    (.title, "Mrs. Jones", "Mrs."),
    (.title, "with Prof. Ada", "Prof."),
    (.group, "I am Dutch", "Dutch"),
    (.group, "I'm Muslim and", "Muslim"),
  ]

  @Test("a piece of personal data is found by the default threshold", arguments: sure.indices)
  func finds(_ index: Int) {
    let (type, text, value) = Self.sure[index]
    #expect(Self.found(type, in: text, atLeast: 0.9).contains(value), "\(type) in \(text): \(Self.spans(text))")
  }

  /// Texts in which nothing of a type may be found by the default threshold.
  static let alike: [(PersonalDataType, String)] = [
    (.emailAddress, "@media print"), (.emailAddress, "@dataclass"), (.emailAddress, "user@localhost"),
    (.emailAddress, "git@github.com:team/tool.git"), (.emailAddress, "a @ b.com"), (.emailAddress, "5@10.50"),
    (.emailAddress, "x@y"), (.emailAddress, "follow @ada.lovelace"), (.emailAddress, "3 apples @ 2.50"),
    (.emailAddress, "pkg@1.2.3"), (.emailAddress, "@Override public"), (.emailAddress, "foo.@bar.com"),
    (.emailAddress, "A@B.1"), (.emailAddress, "%@ %d"), (.emailAddress, "@"),

    (.creditCard, "1234567812345678"), (.creditCard, "order 4111111111111112"), (.creditCard, "1700000000000"),
    (.creditCard, "3.1415926535897932"), (.creditCard, "0.4111111111111111"), (.creditCard, "4111 1111 1111"),
    (.creditCard, "41111111111111111111"), (.creditCard, "550e8400-e29b-41d4-a716-446655440000"),
    (.creditCard, "deadbeef4111111111111111"), (.creditCard, "4111111111111111abc"), (.creditCard, "9780306406157"),
    (.creditCard, "ISBN 978-0-306-40615-7"), (.creditCard, "4111-1111-1111-1111-2222"),
    (.creditCard, "1 2 3 4 5 6 7 8 9 10 11 12 13 14"), (.creditCard, "1996 1997 1998 1999"),
    (.creditCard, "tracking 9400111202555842332669"),

    (.bankAccount, "DE89"), (.bankAccount, "XX89370400440532013000"), (.bankAccount, "DE8937040044053201300"),
    (.bankAccount, "DE89370400440532013001"), (.bankAccount, "de12abc"), (.bankAccount, "GB29 NWBK"),
    (.bankAccount, "AB12 is a bus"), (.bankAccount, "sha256:de89370400440532013000ff"),
    (.bankAccount, "NO93860111179470"), (.bankAccount, "BE68539007547034x"), (.bankAccount, "IT60 and IT61"),
    (.bankAccount, "FR14 is a road in France and 2004 a year"), (.bankAccount, "ES2015 modules"),
    (.bankAccount, "RFC 1234"), (.bankAccount, "MT103 202 COV"),

    (.ipAddress, "1.2.3"), (.ipAddress, "version 1.2.3.4"), (.ipAddress, "v10.20.30.40"), (.ipAddress, "256.1.1.1"),
    (.ipAddress, "1.2.3.4.5"), (.ipAddress, "127.0.0.1"), (.ipAddress, "0.0.0.0"), (.ipAddress, "12:30:45"),
    (.ipAddress, "00:1A:2B:3C:4D:5E"), (.ipAddress, "std::vector"), (.ipAddress, "a[0::2]"), (.ipAddress, "Ab::C1"),
    (.ipAddress, "10.02.03.04"), (.ipAddress, "Guile 3.0.5.130-5a1e7"), (.ipAddress, "section 4.3.2.1"),
    (.ipAddress, "::1"),

    (.socialSecurityNumber, "000-12-3456"), (.socialSecurityNumber, "666-12-3456"),
    (.socialSecurityNumber, "123-00-4567"), (.socialSecurityNumber, "123-45-0000"),
    (.socialSecurityNumber, "order 123-45-6789"), (.socialSecurityNumber, "123-45-67890"),
    (.socialSecurityNumber, "1123-45-6789"), (.socialSecurityNumber, "123-45-6789-0"),
    (.socialSecurityNumber, "123 45 6789"), (.socialSecurityNumber, "123456789"),
    (.socialSecurityNumber, "123-456-789"),
    (.socialSecurityNumber, "912-34-5678"), (.socialSecurityNumber, "123.45.6789"),
    (.socialSecurityNumber, "x123-45-6789"),
    (.socialSecurityNumber, "ISBN 123-45-6789"),

    (.phoneNumber, "order 4155550100"), (.phoneNumber, "version 10.20.30"), (.phoneNumber, "2024-01-02"),
    (.phoneNumber, "1990-2000"), (.phoneNumber, "12345678"), (.phoneNumber, "3.14159265"), (.phoneNumber, "1,234,567"),
    (.phoneNumber, "100 200 300"), (.phoneNumber, "00 00 00 00 00 00"), (.phoneNumber, "x = 415-555"),
    (.phoneNumber, "700-1000 calories"), (.phoneNumber, "$415 555 0100"), (.phoneNumber, "ISBN 0-306-40615-2"),
    (.phoneNumber, "1 + 2 + 3"), (.phoneNumber, "invoice 123-456-78"), (.phoneNumber, "(2024)"),
    (.phoneNumber, "1996 07 24 22 92.03"), (.phoneNumber, "pages 100-105"), (.phoneNumber, "10 20 30 40 50"),
    (.phoneNumber, "123456789012345678901234567890"),

    (.domainName, "e.g. this"), (.domainName, "foo.py"), (.domainName, "os.path.join"), (.domainName, "README.md"),
    (.domainName, "main.rs"), (.domainName, "the end.In spring"), (.domainName, "script.sh"),
    (.domainName, "object.name"), (.domainName, "self.info()"), (.domainName, "U.S. law"), (.domainName, "3.in"),
    (.domainName, "a.b"), (.domainName, "vec.is_empty"), (.domainName, "Ph.D"), (.domainName, "x.id = 4"),

    (.postalCode, "94105"), (.postalCode, "12345-6789"), (.postalCode, "In 10115 cases"), (.postalCode, "A1 B2"),
    (.postalCode, "12345 ml"), (.postalCode, "songs.zip 2015"), (.postalCode, "OK 12345x"), (.postalCode, "AB12 3CDE"),
    (.postalCode, "the in 12345"), (.postalCode, "$12345"), (.postalCode, "TX-78701"), (.postalCode, "1000-2000"),
    (.postalCode, "CO2 2H2"), (.postalCode, "H1N1"), (.postalCode, "B2B 4ME sale"),

    (.streetAddress, "5 minutes down the road"), (.streetAddress, "Wall Street fell"), (.streetAddress, "Main Street"),
    (.streetAddress, "3 Apples"), (.streetAddress, "Saints Row 2"), (.streetAddress, "2 Samuel 7"),
    (.streetAddress, "the Silk Road"), (.streetAddress, "12 may be a way"), (.streetAddress, "Strange Brigade 2"),
    (.streetAddress, "via email 5"), (.streetAddress, "100 Years of Solitude"), (.streetAddress, "unit 1024"),
    (.streetAddress, "123 456 789"), (.streetAddress, "14 Nov 2016, art. 17"),
    (.streetAddress, "Download Via Parts 137Mb"),

    (.dateTime, "1.2.3"), (.dateTime, "13/13/2020"), (.dateTime, "32.01.2020"), (.dateTime, "0/0/0"),
    (.dateTime, "you may 5"), (.dateTime, "march 500"), (.dateTime, "in 1977"), (.dateTime, "10-20-30-40"),
    (.dateTime, "1/2"), (.dateTime, "2020-13-01"), (.dateTime, "12-34-5678"), (.dateTime, "Sunday"),
    (.dateTime, "May I?"), (.dateTime, "3/4/5"), (.dateTime, "192.168.10.20"),

    (.age, "a 30-year-old tree"), (.age, "200 years old"), (.age, "turned 180 degrees"), (.age, "5 years"),
    (.age, "page 12"), (.age, "the age of 7 months"), (.age, "a 10-year bond"), (.age, "in 40 years"),
    (.age, "I'm 100% sure"), (.age, "turn 3 times"), (.age, "$40"), (.age, "age 18%"), (.age, "I am 5 minutes late"),
    (.age, "42"), (.age, "year 50 old"), (.age, "A 45-year-old man presents to the office"),
    (.age, "brought by her mother, an 11 year old girl"), (.age, "a group of 9-year-olds"), (.age, "age 7,000"),
    (.age, "A previously healthy 22-year-old college student"), (.age, "the father instructed his 12-year-old son"),
    (.age, "children aged 0 to 15 years old"), (.age, "people 18-25 years old"),
    (.age, "senior citizens over the age of 65"), (.age, "the world's 1-year-old children"),

    (.driverLicense, "printer driver 1234567"), (.driverLicense, "license A1234567"), (.driverLicense, "A1234567"),
    (.driverLicense, "driver module 705252405800"), (.driverLicense, "MIT license 2020"),
    (.title, "miss you"), (.title, "5 ms later"), (.title, "MS Visual"), (.title, "dr no"),
    (.group, "the American Revolution"), (.group, "6 slots per pole"), (.group, "English prose"),
  ]

  @Test("what looks alike is left alone", arguments: alike.indices)
  func leaves(_ index: Int) {
    let (type, text) = Self.alike[index]
    #expect(Self.found(type, in: text, atLeast: 0.9) == [], "\(text): \(Self.spans(text))")
  }

  @Test("places count bytes, also behind characters of several")
  func places() {
    let text = "Größe 😀 – 日本語 “ada@example.org” und 4111 1111 1111 1111 …"
    let bytes = Array(text.utf8)
    let found = Self.spans(text).map { String(decoding: bytes[$0.range], as: UTF8.self) }
    #expect(found == ["ada@example.org", "4111 1111 1111 1111"])
  }

  @Test("spans rise and do not overlap; the surer one stays")
  func overlaps() {
    let text = "ada.1990-01-02@example.org 123-45-6789 https://u:p@example.com/1.2.3.4 4111 1111 1111 1111x"
    let spans = Self.spans(text)
    for (left, right) in zip(spans, spans.dropFirst()) { #expect(left.range.upperBound <= right.range.lowerBound) }
    #expect(spans.first?.type == .emailAddress)
  }

  /// Texts that make each grammar look as far as it may, again and again.
  static let hostile = [
    "1", "12345678901234567890", "1 ", "1.", "1-", "1:", "1/", "a.", "a@", "@", "a@a.", "1@1.1", "(", "+", "+1", "(1)",
    "é", "_", "A1", "1A", "4111 ", "DE89", "Rue ", "12 Rue de ", "Baker ", "1 Elm ", "May 1 ", "call 1 ", "::", "f:",
    "1::",
    "www.", "<", "I'm ", "d'a'", "\u{201C}", "日本", "555-", "age 1 ", "p.o. box ", "psc 1, ", "ssn 1-", "a.a-", "::1 ",
  ]

  @Test("a long text of one kind takes time by its length only", arguments: hostile)
  func isLinear(_ piece: String) {
    // 100 KB: seconds if a byte were looked at by what is before it, a moment as it is.
    let bytes = [UInt8](String(repeating: piece, count: 100_000 / piece.utf8.count).utf8)
    let spans = bytes.withUnsafeBytes { PersonalDataFinder().find(in: $0) }
    #expect(spans.count <= PersonalDataFinder.spanLimit)
  }

  @Test("no more spans than the limit are returned")
  func limit() {
    let text = String(repeating: "ada@example.org ", count: PersonalDataFinder.spanLimit + 10)
    #expect(Self.spans(text).count == PersonalDataFinder.spanLimit)
  }

  @Test(
    "the empty text, cut characters and bytes that are no UTF-8 are read",
    arguments: [
      [], [0x40], [0xE2], [0xE2, 0x80], [0xC3], [0xFF, 0xFE, 0x40, 0x2E], [0x31], [0x2B], [0x3A, 0x3A], [0x2E, 0x2E],
    ])
  func edges(_ bytes: [UInt8]) {
    #expect(bytes.withUnsafeBytes { PersonalDataFinder().find(in: $0) } == [])
  }

  @Test("the types are those that other routers name")
  func types() {
    #expect(
      PersonalDataType.allCases.map(\.rawValue) == [
        "AGE", "CREDIT_CARD", "DATE_TIME", "DOMAIN_NAME", "EMAIL_ADDRESS", "GPE", "IBAN_CODE", "IP_ADDRESS", "NRP",
        "ORGANIZATION", "PERSON", "PHONE_NUMBER", "STREET_ADDRESS", "TITLE", "US_DRIVER_LICENSE", "US_SSN", "ZIP_CODE",
      ])
  }
}
