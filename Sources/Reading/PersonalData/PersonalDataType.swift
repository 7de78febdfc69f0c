/// What a piece of personal data is; the raw values are the names that configurations and other routers' classifiers use.
public enum PersonalDataType: String, Sendable, Hashable, CaseIterable {
  case age = "AGE"
  case creditCard = "CREDIT_CARD"
  case dateTime = "DATE_TIME"
  case domainName = "DOMAIN_NAME"
  case emailAddress = "EMAIL_ADDRESS"
  /// A country, region, city or another place with a government.
  case place = "GPE"
  case bankAccount = "IBAN_CODE"
  case ipAddress = "IP_ADDRESS"
  /// A nationality, a religious or a political group.
  case group = "NRP"
  case organization = "ORGANIZATION"
  case person = "PERSON"
  case phoneNumber = "PHONE_NUMBER"
  case streetAddress = "STREET_ADDRESS"
  case title = "TITLE"
  case driverLicense = "US_DRIVER_LICENSE"
  case socialSecurityNumber = "US_SSN"
  case postalCode = "ZIP_CODE"
}
