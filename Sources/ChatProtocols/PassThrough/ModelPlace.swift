/// Where a request that is passed through names its model.
///
/// A request that names none there, and has no `?model=` either, goes to the replicas of the default model.
public enum ModelPlace: Sendable, Equatable {
  /// The member `model` of the JSON body: ``JSONModelFinder``.
  case jsonBody
  /// The field `model` of the `multipart/form-data` body: ``MultipartModelFinder``.
  case form
  /// The parameter `model` of the query, ``ModelQuery``; the body, if there is one, is streamed without a look.
  case query
}
