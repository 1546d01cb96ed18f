#pragma once
// Extensions of certificates and requests as the text of OpenSSL's x509v3_config(5).

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "crypto/openssl.hpp"

namespace perigee::identity::detail {

/// By NID, in the order in which they are to stand.
using extension_texts = std::vector<std::pair<int, std::string>>;

/// "DNS:press-7,IP:10.0.0.7". `own_name` is a name as is_name has it, which need not be a host's. errc::malformed for a
/// name that is no host's, an address that is none, or too many: a comma or colon in one would be a name of its own.
[[nodiscard]] result<std::string> alternative_names_text(std::string_view own_name,
                                                         const std::vector<std::string>& dns_names,
                                                         const std::vector<std::string>& addresses);

/// Null where the text is none.
[[nodiscard]] crypto::extension_ptr make_extension(X509V3_CTX& context, int nid, const std::string& text);

}  // namespace perigee::identity::detail
