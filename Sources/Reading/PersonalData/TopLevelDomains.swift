/// Top-level domains in use: the generic ones that are often seen and the countries' (ISO 3166 with IANA's exceptions).
struct TopLevelDomains: Sendable {
  enum Kind: Sendable {
    /// Seldom anything else than a domain: `com`.
    case usual
    case country
    /// Also the ending of a file or an everyday word: `py`, `in`.
    case ambiguous
  }

  static let shared = TopLevelDomains()

  private let kinds: [UInt64: Kind]

  /// The kind of the label in a range; nil: none that is known.
  func kind(_ text: TextBytes, _ range: Range<Int>) -> Kind? {
    guard range.count >= 2, range.count <= 12 else { return nil }
    return kinds[range.reduce(WordTable.hashStart) { WordTable.hash($0, text[$1]) }]
  }

  private init() {
    let usual = """
      com org net edu gov mil io dev app info biz online site shop store tech cloud xyz blog agency museum travel jobs
      mobi coop aero club live news email website space global world solutions systems network digital media group
      """
    let ambiguous = """
      in is it at be me my no so to us am as by do id la pm tv py rs md sh pl cc ps ai vi ms pro name int
      """
    let countries = """
      ac ad ae af ag al ao ar au aw az ba bb bd bf bg bh bi bj bm bn bo br bs bt bw bz ca cd cf cg ch ci ck cl cm cn co cr
      cu cv cx cy cz de dj dk dm dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gt gu
      gw gy hk hn hr ht hu ie il im io iq ir je jm jo jp ke kg kh ki km kn kp kr kw ky kz lb lc li lk lr ls lt lu lv ly
      ma mc mg mh mk ml mm mn mo mp mq mr mt mu mv mw mx mz na nc ne nf ng ni nl np nr nu nz om pa pe pf pg ph pk pn pr
      pt pw qa re ro ru rw sa sb sc sd se sg si sk sl sm sn sr ss st sv sx sy sz tc td tf tg th tj tk tl tm tn tr tt tw
      tz ua ug uk uy uz va vc ve vg vn vu wf ws ye yt za zm zw
      """
    var kinds: [UInt64: Kind] = [:]
    for (kind, words) in [(Kind.country, countries), (.ambiguous, ambiguous), (.usual, usual)] {
      for word in words.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
        kinds[word.utf8.reduce(WordTable.hashStart) { WordTable.hash($0, $1) }] = kind
      }
    }
    self.kinds = kinds
  }
}
