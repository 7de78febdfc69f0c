import ChatProtocols
import RouterConfig
import Signals
import Testing

@testable import Reading

@Suite("Language")
struct LanguageTests {
  /// Written for this test; none of them was used to choose a constant (those are in training/language/dev.tsv).
  static let heldOut: [String: [String]] = [
    "en": [
      "How do I reset my password?", "Could you summarise this article in three sentences?", "the printer is broken again",
      "Who painted the ceiling of the Sistine Chapel?", "good morning", "Give me a recipe for lentil soup",
    ],
    "de": [
      "Wie kann ich mein Passwort zurücksetzen?", "Fasse diesen Artikel bitte in drei Sätzen zusammen.",
      "der drucker ist schon wieder kaputt", "Wer hat die Sixtinische Kapelle gemalt?", "guten Morgen",
      "Gib mir ein Rezept für Linsensuppe",
    ],
    "fr": [
      "Comment puis-je réinitialiser mon mot de passe ?", "Résume cet article en trois phrases.",
      "l'imprimante est encore en panne", "Qui a peint la chapelle Sixtine ?", "bonne nuit",
      "Donne-moi une recette de soupe aux lentilles",
    ],
    "es": [
      "¿Cómo puedo restablecer mi contraseña?", "Resume este artículo en tres frases.", "la impresora no funciona otra vez",
      "¿Quién pintó la Capilla Sixtina?", "buenas noches", "Dame una receta de sopa de lentejas",
    ],
    "it": [
      "Come posso reimpostare la mia password?", "Riassumi questo articolo in tre frasi.",
      "la stampante è di nuovo rotta", "Chi ha dipinto la Cappella Sistina?", "buona notte a tutti",
      "Dammi una ricetta per la zuppa di lenticchie",
    ],
    "pt": [
      "Como posso redefinir a minha senha?", "Resuma este artigo em três frases.", "a impressora não funciona de novo",
      "Quem pintou a Capela Sistina?", "bom dia, tudo bem?", "Dê-me uma receita de sopa de lentilhas",
    ],
    "nl": [
      "Hoe kan ik mijn wachtwoord opnieuw instellen?", "Vat dit artikel samen in drie zinnen.",
      "de printer is alweer kapot", "Wie heeft de Sixtijnse Kapel geschilderd?", "goedemorgen allemaal",
      "Geef me een recept voor linzensoep",
    ],
    "pl": [
      "Jak mogę zresetować hasło?", "Streść ten artykuł w trzech zdaniach.", "drukarka znowu nie działa",
      "Kto namalował freski w Kaplicy Sykstyńskiej?", "dzień dobry", "Podaj mi przepis na zupę z soczewicy",
    ],
    "sv": [
      "Hur återställer jag mitt lösenord?", "Sammanfatta den här artikeln i tre meningar.", "skrivaren är trasig igen",
      "Vem målade Sixtinska kapellet?", "god morgon på er", "Ge mig ett recept på linssoppa",
    ],
    "tr": [
      "Şifremi nasıl sıfırlayabilirim?", "Bu makaleyi üç cümleyle özetle.", "yazıcı yine bozuldu",
      "Sistine Şapeli'ni kim boyadı?", "günaydın", "Bana mercimek çorbası tarifi ver",
    ],
    "ru": [
      "Как мне сбросить пароль?", "Кратко перескажи эту статью в трёх предложениях.", "принтер опять сломался",
      "Кто расписал Сикстинскую капеллу?", "доброе утро", "Дай мне рецепт чечевичного супа",
    ],
    "uk": [
      "Як мені скинути пароль?", "Стисло перекажи цю статтю трьома реченнями.", "принтер знову зламався",
      "Хто розписав Сікстинську капелу?", "добрий ранок", "Дай мені рецепт сочевичного супу",
    ],
    "ar": [
      "كيف يمكنني إعادة تعيين كلمة المرور؟", "لخص هذا المقال في ثلاث جمل.", "الطابعة معطلة مرة أخرى",
      "من رسم سقف كنيسة سيستينا؟", "صباح الخير",
    ],
    "hi": [
      "मैं अपना पासवर्ड कैसे रीसेट करूँ?", "इस लेख का सार तीन वाक्यों में बताओ।", "प्रिंटर फिर से खराब हो गया है",
      "सिस्टिन चैपल किसने बनाया?", "शुभ रात्रि, आप कैसे हैं?",
    ],
    "zh": ["我怎样才能重置密码？", "请用三句话总结这篇文章。", "打印机又坏了", "早上好", "給我一個扁豆湯的食譜"],
    "ja": [
      "パスワードをリセットするにはどうすればいいですか？", "この記事を三文で要約してください。", "プリンターがまた壊れた", "おはよう", "レンズ豆のスープの作り方を教えて",
    ],
    "ko": ["비밀번호를 어떻게 재설정하나요?", "이 기사를 세 문장으로 요약해 줘.", "프린터가 또 고장 났어요", "좋은 아침", "렌틸콩 수프 요리법을 알려 줘"],
    "vi": [
      "Làm thế nào để đặt lại mật khẩu?", "Hãy tóm tắt bài viết này trong ba câu.", "máy in lại hỏng rồi",
      "Ai đã vẽ trần nhà nguyện Sistine?", "chào buổi sáng",
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

    let strict = try read([LanguageRule(name: "de", threshold: 1), LanguageRule(name: "en", threshold: 1)], "Der Hund")
    #expect(strict.readings.map(\.state) == [.unmatched, .matched(confidence: 0.5)])
    #expect(try #require(strict.note).hasPrefix("no language is sure (best de 0."))
  }

  @Test("a language that cannot be told fails, a name that is none does not compile")
  func unknownLanguages() throws {
    let reading = try read([LanguageRule(name: "eo")], "Saluton")
    #expect(reading.readings[0].state == .failed(reason: #"this build cannot tell the language "eo""#))
    let error = #expect(throws: SignalCompilationErrors.self) {
      _ = try read([LanguageRule(name: "nb"), LanguageRule(name: "english"), LanguageRule(name: "fr", threshold: 2)], "")
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
