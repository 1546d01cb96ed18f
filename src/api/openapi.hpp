#pragma once

#include <boost/json/value.hpp>

#include "api/route.hpp"

namespace perigee::api {

/// OpenAPI 3.1 of every route that is described, from the table that serves them.
[[nodiscard]] boost::json::value openapi_of(const routes& all, std::string_view version);

/// The routes, and GET /api/v1/openapi.json about them and itself.
[[nodiscard]] routes with_openapi(routes all, std::string_view version);

}  // namespace perigee::api
