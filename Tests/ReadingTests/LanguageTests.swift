import ChatProtocols
import RouterConfig
import Signals
import Testing

@testable import Reading

@Suite("Language")
struct LanguageTests {
  /// Written for this test before the model's constants were last chosen; none was used to choose them (the sentences
  /// that were are in training/language/dev.tsv).
  static let heldOut: [String: [String]] = [
    "en": [
      "Which vitamins are in spinach?", "Draft an email to my landlord about the heating",
      "is it going to rain this weekend", "Why is the sky blue?", "never mind", "List five books on ancient Rome",
    ],
    "de": [
      "Welche Vitamine enthält Spinat?", "Entwirf eine E-Mail an meinen Vermieter wegen der Heizung",
      "regnet es am wochenende", "Warum ist der Himmel blau?", "vielen Dank dafür",
      "Nenne fünf Bücher über das alte Rom",
    ],
    "fr": [
      "Quelles vitamines contient l'épinard ?", "Rédige un courriel à mon propriétaire au sujet du chauffage",
      "est-ce qu'il va pleuvoir ce week-end", "Pourquoi le ciel est-il bleu ?", "laisse tomber",
      "Cite cinq livres sur la Rome antique",
    ],
    "es": [
      "¿Qué vitaminas tiene la espinaca?", "Redacta un correo a mi casero sobre la calefacción",
      "va a llover este fin de semana", "¿Por qué el cielo es azul?", "no importa, déjalo",
      "Nombra cinco libros sobre la antigua Roma",
    ],
    "it": [
      "Quali vitamine contengono gli spinaci?", "Prepara una mail al mio padrone di casa sul riscaldamento",
      "pioverà nel fine settimana", "Perché il cielo è blu?", "lascia stare", "Elenca cinque libri sull'antica Roma",
    ],
    "pt": [
      "Quais vitaminas tem o espinafre?", "Redija um e-mail ao meu senhorio sobre o aquecimento",
      "vai chover no fim de semana", "Por que o céu é azul?", "deixa para lá",
      "Liste cinco livros sobre a Roma antiga",
    ],
    "nl": [
      "Welke vitamines zitten er in spinazie?", "Stel een mail op aan mijn huisbaas over de verwarming",
      "gaat het dit weekend regenen", "Waarom is de lucht blauw?", "laat maar zitten",
      "Noem vijf boeken over het oude Rome",
    ],
    "pl": [
      "Jakie witaminy zawiera szpinak?", "Przygotuj maila do właściciela mieszkania w sprawie ogrzewania",
      "czy w weekend będzie padać", "Dlaczego niebo jest niebieskie?", "nieważne",
      "Wymień pięć książek o starożytnym Rzymie",
    ],
    "sv": [
      "Vilka vitaminer finns i spenat?", "Gör ett utkast till ett mejl till min hyresvärd om värmen",
      "blir det regn i helgen", "Varför är himlen blå?", "strunt samma", "Nämn fem böcker om antikens Rom",
    ],
    "fi": [
      "Mitä vitamiineja pinaatissa on?", "Laadi sähköposti vuokranantajalleni lämmityksestä",
      "sataako viikonloppuna", "Miksi taivas on sininen?", "ei se mitään", "Luettele viisi kirjaa antiikin Roomasta",
    ],
    "tr": [
      "Ispanakta hangi vitaminler var?", "Ev sahibime ısıtma hakkında bir e-posta hazırla",
      "hafta sonu yağmur yağacak mı", "Gökyüzü neden mavidir?", "boş ver", "Antik Roma hakkında beş kitap say",
    ],
    "cs": [
      "Jaké vitaminy obsahuje špenát?", "Připrav e-mail domácímu kvůli topení", "bude o víkendu pršet",
      "Proč je nebe modré?", "to nevadí",
    ],
    "hu": [
      "Milyen vitaminok vannak a spenótban?", "Írj egy levelet a főbérlőmnek a fűtésről", "esni fog a hétvégén",
      "Miért kék az ég?", "nem számít",
    ],
    "id": [
      "Vitamin apa saja yang ada dalam bayam?", "Buatkan surel untuk pemilik rumah tentang pemanas",
      "apakah akhir pekan ini akan hujan", "Mengapa langit berwarna biru?", "tidak apa-apa",
    ],
    "vi": [
      "Rau bina chứa những vitamin nào?", "Soạn thư cho chủ nhà về hệ thống sưởi", "cuối tuần này trời có mưa không",
      "Tại sao bầu trời màu xanh?", "không sao đâu",
    ],
    "ru": [
      "Какие витамины содержатся в шпинате?", "Составь письмо хозяину квартиры насчёт отопления",
      "будет ли дождь в выходные", "Почему небо голубое?", "неважно", "Назови пять книг о Древнем Риме",
    ],
    "uk": [
      "Які вітаміни містить шпинат?", "Склади листа власнику квартири щодо опалення", "чи буде дощ на вихідних",
      "Чому небо блакитне?", "та нічого", "Назви п'ять книжок про Стародавній Рим",
    ],
    "ar": [
      "ما الفيتامينات الموجودة في السبانخ؟", "اكتب رسالة إلى صاحب البيت بخصوص التدفئة", "هل ستمطر في نهاية الأسبوع",
      "لماذا السماء زرقاء؟", "لا بأس",
    ],
    "fa": [
      "اسفناج چه ویتامین‌هایی دارد؟", "یک نامه به صاحبخانه دربارهٔ گرمایش بنویس", "آخر هفته باران می‌آید",
      "چرا آسمان آبی است؟", "مهم نیست",
    ],
    "hi": [
      "पालक में कौन से विटामिन होते हैं?", "मकान मालिक को हीटर के बारे में ईमेल लिखो",
      "क्या इस सप्ताहांत बारिश होगी", "आसमान नीला क्यों है?", "कोई बात नहीं",
    ],
    "zh": [
      "菠菜里有哪些维生素？", "帮我给房东写一封关于暖气的邮件", "这个周末会下雨吗", "天空为什么是蓝色的？", "沒關係",
    ],
    "ja": [
      "ほうれん草にはどんなビタミンがありますか？", "暖房について大家さんへのメールを書いて", "週末は雨が降りますか", "空はなぜ青いの？", "気にしないで",
    ],
    "ko": [
      "시금치에는 어떤 비타민이 들어 있나요?", "난방 문제로 집주인에게 보낼 메일을 써 줘", "주말에 비가 올까요", "하늘은 왜 파란가요?", "괜찮아요",
    ],
  ]

  @Test("at least 95 in 100 held-out sentences are read right, short ones too")
  func heldOutSentences() throws {
    let identifier = try LanguageIdentifier()
    var wrong: [String] = []
    var count = 0
    for (language, sentences) in Self.heldOut.sorted(by: { $0.key < $1.key }) {
      for sentence in sentences {
        count += 1
        let best = identifier.identify(Array(sentence.utf8)).best
        if best?.language != language { wrong.append("\(language) read as \(best?.language ?? "none"): \(sentence)") }
      }
    }
    print("language: \(wrong.count) of \(count) wrong")
    #expect(Double(wrong.count) <= 0.05 * Double(count), "\(wrong.count) of \(count): \(wrong.joined(separator: "; "))")
  }

  @Test(
    "scripts of one language are known by their letters",
    arguments: [
      ("el", "Καλημέρα"), ("he", "בוקר טוב"), ("th", "สวัสดี"), ("ka", "დილა მშვიდობისა"), ("hy", "Բարի լույս"),
      ("km", "អរុណសួស្តី"), ("my", "မင်္ဂလာပါ"), ("ta", "காலை வணக்கம்"), ("am", "እንደምን አደርክ"), ("si", "සුභ උදෑසනක්"),
    ])
  func scripts(language: String, text: String) throws {
    #expect(try LanguageIdentifier().identify(Array(text.utf8)).best == .init(language: language, probability: 1))
  }

  @Test("text without letters has no language", arguments: ["", "123 + 456 = ?", "🙂🙂", "\u{FFFD}"])
  func undetermined(text: String) throws {
    #expect(try LanguageIdentifier().identify(Array(text.utf8)).best == nil)
  }

  @Test("a few foreign words do not change the language, but lower its probability")
  func mixed() throws {
    let found = try LanguageIdentifier().identify(Array("What does the Japanese word こんにちは mean in English?".utf8))
    let best = try #require(found.best)
    #expect(best.language == "en")
    #expect(best.probability > 0.6 && best.probability < 0.9)
  }

  @Test("at least 60 languages are told apart, and probabilities add up")
  func languages() throws {
    let identifier = try LanguageIdentifier()
    #expect(Set(identifier.languages).count == identifier.languages.count)
    #expect(identifier.languages.count >= 60)
    let sum = identifier.identify(Array("Hvad er klokken?".utf8)).candidates.map(\.probability).reduce(0, +)
    #expect(abs(sum - 1) < 1e-9)
  }

  private func read(_ rules: [LanguageRule], _ text: String) throws -> FamilyReading {
    try LanguageSignal(rules) { "routing.signals.language[\($0)]" }.read(PromptFacts(evaluationText: Array(text.utf8)))
  }

  @Test("the rule named after the language matches with its probability")
  func matching() throws {
    let reading = try read(
      [LanguageRule(name: "de"), LanguageRule(name: "en"), LanguageRule(name: "pt-BR")],
      "Wie kann ich mein Passwort zurücksetzen und wo finde ich die Einstellungen?")
    #expect(reading.readings.map(\.isMatched) == [true, false, false])
    #expect(reading.readings[0].evidence == ["de"])
    #expect(try #require(reading.readings[0].value) > 0.95)
    #expect(reading.note == nil)
  }

  @Test("what has no sure language counts as English, and the note says so")
  func fallback() throws {
    let rules = [LanguageRule(name: "en"), LanguageRule(name: "de")]
    let numbers = try read(rules, "12 + 34")
    #expect(numbers.readings[0].state == .matched(confidence: 0.5))
    #expect(numbers.readings[1].state == .unmatched)
    #expect(numbers.note == "no language to be seen in the text; taken as en 0.50")

    let strict = try read(
      [LanguageRule(name: "da", threshold: 0.99), LanguageRule(name: "en", threshold: 0.99)], "Hvad er klokken?")
    #expect(strict.readings.map(\.state) == [.unmatched, .matched(confidence: 0.5)])
    #expect(strict.note == "no language is sure (best da 0.98 < 0.99); taken as en 0.50")
  }

  @Test(
    "probabilities are those that training/language/build.py computes",
    arguments: [
      ("good day", "en", 0.991641), ("Hvad er klokken?", "no", 0.017653), ("добър ден", "bg", 0.999559),
      ("qwertz ŷ asdf", "en", 0.165662), ("Kaj je novega danes?", "sl", 0.998940),
    ])
  func agreesWithTraining(text: String, language: String, probability: Double) throws {
    let found = try LanguageIdentifier().identify(Array(text.utf8))
    #expect(abs(found.probability(of: language) - probability) < 2e-6)
  }

  @Test("a language that cannot be told fails, a name that is none does not compile")
  func unknownLanguages() throws {
    let reading = try read([LanguageRule(name: "eo")], "Saluton")
    #expect(reading.readings[0].state == .failed(reason: #"this build cannot tell the language "eo""#))
    let error = #expect(throws: SignalCompilationErrors.self) {
      _ = try read(
        [LanguageRule(name: "nb"), LanguageRule(name: "english"), LanguageRule(name: "fr", threshold: 2)], "")
    }
    #expect(
      error?.problems.map(\.path) == ["routing.signals.language[1].name", "routing.signals.language[2].threshold"])
  }

  @Test("damaged models are refused with their reason")
  func damagedModels() {
    #expect(throws: LanguageModel.FormatError.notAModel) { try LanguageModel([]) }
    #expect(throws: LanguageModel.FormatError.unknownVersion(9)) {
      try LanguageModel(Array("SYLANG\0\u{9}12345678".utf8))
    }
    #expect(throws: LanguageModel.FormatError.damaged) {
      try LanguageModel(Array("SYLANG\0\u{1}".utf8) + [1, 0, 0, 0, 0, 0, 0, 0, 7])
    }
  }
}
