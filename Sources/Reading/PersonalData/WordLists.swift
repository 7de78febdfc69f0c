/// The words behind ``WordTable``, in lower case.
enum WordLists {
  static let all: [(WordKinds, String)] = [
    (
      .card,
      """
      card cards credit debit visa mastercard amex maestro payment pay charge cc carte tarjeta karte kreditkarte carta
      cartão kort karta cvv discover diners jcb
      """
    ),
    (
      .phone,
      """
      phone phones telephone tel mobile cell cellphone fax call calls called calling dial text texting sms whatsapp
      reach ring landline hotline desk office contact handy telefon telefono teléfono téléphone telefone móvil mobil
      mobiel appeler anrufen rufnummer llamar puhelin telefonnummer answering registered messages ph mob signal telegram
      """
    ),
    (.socialSecurity, "ssn social security ssns itin"),
    (
      .postalCode,
      "zip zipcode postcode postal plz postleitzahl postnummer pincode cep zips postleitzahlen"
    ),
    (.license, "license licence licenses dl dmv"),
    (.driver, "driver driver's drivers driving dl dmv"),
    (.account, "iban account transfer konto bank cuenta compte conto rekening wire beneficiary"),
    (.network, "ip ipv4 ipv6 address addr host server client ping router gateway subnet dns"),
    (.birth, "born birthday birthdate dob birth geboren née né nacido nacida nato nata"),
    (
      .otherNumber,
      """
      order orders invoice version versions ver build ticket tracking serial sku isbn issn part model page pages chapter
      section figure fig table port pid id ids uuid ref reference case docket patent rfc cve commit revision release
      equation eq exercise question problem line lines row rows column number: item items lot batch epoch timestamp
      numbers sequence digits sum product total doi pmid arxiv article
      """
    ),
    (.being, "am i'm we're he's she's"),
    (.age, "age aged turned turn turning alter edad âge"),
    (
      .yearBefore,
      "in since during from until till by before after of year circa around between early late founded est established"
    ),
    (
      .month,
      """
      january february april june july august september october november december jan feb apr jun jul aug sep sept oct
      nov dec januar februar märz mai juni juli oktober dezember janvier février mars avril juin juillet août septembre
      octobre novembre décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
      diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre janeiro fevereiro março maio
      junho julho setembro outubro novembro dezembro
      """
    ),
    ([.month, .capitalOnly], "may march mar"),
    (
      .weekday,
      """
      monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag
      sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo
      """
    ),
    (.title, "mr mrs ms miss mister dr prof professor mx herr frau mme mlle señor señora sig signora dott"),
    (
      .streetType,
      """
      street st avenue ave road rd lane ln drive dr boulevard blvd way court ct place pl terrace square sq parkway pkwy
      highway hwy close crescent circle cir alley row trail grove hill gardens walk mews quay esplanade turnpike
      """
    ),
    (
      [.streetType, .streetWithNumber],
      "strasse straße str gata gatan gate vei veien vej gade út útja utca ulica katu tie tänav"
    ),
    (
      .streetPrefix,
      """
      rue via calle rua ul ulica avenida av viale corso piazza plaza praça avda boulevard allée impasse chemin carrer travessa
      largo strada carretera paseo camino place ulitsa
      """
    ),
    (.unit, "apt apartment suite ste unit flat floor"),
    (
      .thing,
      """
      tree trees building house home company wine bottle bridge car cars city church fossil fossils rock rocks artifact
      manuscript tradition technology whisky whiskey scotch law rule problem system software code book painting fund
      bond debt loan mortgage universe star planet skeleton mummy empire institution school university
      """
    ),
    (
      .state,
      """
      al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or pa
      ri sc sd tn tx ut vt va wa wv wi wy dc pr aa ae ap
      """
    ),
    (.particle, "de du des la le les del della dei di da do dos das der den dem van von zum zur the of el los las"),
    (.group, groups),
  ]

  private static let groups = """
    afghan afghans albanian albanians algerian algerians american americans andorran angolan argentine argentinian
    armenian armenians australian australians austrian austrians azerbaijani bahamian bahraini bangladeshi bangladeshis
    barbadian basque belarusian belgian belgians belizean belizian beninese bhutanese bolivian bolivians bosnian
    bosnians botswanan brazilian brazilians british briton britons bruneian bruneians bulgarian bulgarians burmese
    burundian cambodian cambodians cameroonian canadian canadians catalan catalans chadian chechen chechens chilean
    chileans chinese colombian colombians congolese croat croatian croatians croats cuban cubans cypriot cypriots czech
    czechs dane danes danish dominican dutch dutchman ecuadorean ecuadoreans ecuadorian egyptian egyptians emirati
    english englishman englishmans englishwoman eritrean estonian estonians ethiopian ethiopians european europeans
    fijian filipino filipinos finn finnish finns french frenchman gabonese gambian georgian georgians german germans
    ghanaian greek greeks greenlander greenlanders guatemalan guinean guyanese haitian haitians honduran hungarian
    hungarians icelander icelandic indian indians indonesian indonesians iranian iranians iraqi iraqis irish irishman
    israeli israelis italian italians ivorian jamaican jamaicans japanese jordanian kazakh kenyan kenyans korean koreans
    kosovar kurd kurdish kurds kuwaiti kyrgyz laotian latvian latvians lebanese liberian libyan libyans lithuanian
    lithuanians luxembourger macedonian malagasy malawian malaysian malaysians maldivian malian maltese mauritanian
    mauritian mexican mexicans moldovan mongolian montenegrin moroccan moroccans mozambican namibian nepalese nepali
    nicaraguan nigerian nigerians nigerien norwegian norwegians omani pakistani pakistanis palestinian palestinians
    panamanian paraguayan paraguayans peruvian peruvians pole poles portuguese puerto-rican qatari romanian
    romanians russian russians rwandan salvadoran samoan saudi saudis scot scottish scots senegalese serb serbian serbs
    singaporean slovak slovakian slovaks slovene slovenian slovenians somali somalis spaniard spaniards spanish
    sudanese surinamese surinameses swede swedes swedish swiss syrian syrians taiwanese tajik tanzanian thai tibetan
    tibetans togolese tongan trinidadian tunisian tunisians turk turkish turkmen turks ugandan ukrainian ukrainians
    uruguayan uruguayans uzbek venezuelan venezuelans vietnamese welsh welshman yemeni yemenis zambian zimbabwean
    agnostic anglican anglicans atheist atheists baptist baptists buddhist buddhists calvinist catholic catholics
    christian christians confucian evangelical evangelicals hasidic hindu hindus jain jains jew jewish jews lutheran
    lutherans methodist methodists mormon mormons muslim muslims orthodox pagan pentecostal presbyterian protestant
    protestants quaker quakers rastafarian shia shiis shiite shiites sikh sikhs sunni sunnis sufi taoist zoroastrian
    communist communists conservative-party democrat democrats fascist fascists labourite leftist leninist libertarian
    libertarians marxist marxists republican republicans socialist socialists tory tories whig zionist zionists
    """
}
