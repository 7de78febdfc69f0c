enum PlaceholderAdminAPI {}
