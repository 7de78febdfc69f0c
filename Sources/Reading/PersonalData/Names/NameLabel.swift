/// What a word is part of; the raw values are the columns of the models.
enum NameLabel: Int, CaseIterable {
  case other = 0
  case person, place, organization, streetAddress, title

  static let count = allCases.count

  var type: PersonalDataType? {
    switch self {
    case .other: nil
    case .person: .person
    case .place: .place
    case .organization: .organization
    case .streetAddress: .streetAddress
    case .title: .title
    }
  }
}
