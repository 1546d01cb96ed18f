#include "crypto/token_key.hpp"

#include "identity/detail/algorithms.hpp"
#include "identity/private_key.hpp"

namespace perigee::identity {

result<private_key> key_in_token(const std::string& uri, std::string_view passphrase) {
  PG_TRY(auto found, crypto::find_token_key(uri, passphrase));
  PG_TRY_VOID(detail::check_key(found.key.get()));
  return private_key(std::move(found.key));
}

}  // namespace perigee::identity
