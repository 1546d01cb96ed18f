#include "identity/detail/pem.hpp"

#include <openssl/pem.h>

#include <algorithm>

#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity::detail {
namespace {

using text_ptr = std::unique_ptr<char, decltype([](char* p) { OPENSSL_free(p); })>;
using bytes_ptr = std::unique_ptr<unsigned char, decltype([](unsigned char* p) { OPENSSL_free(p); })>;

bool is_at_end() { return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE; }

}  // namespace

bool is_pem(byte_view bytes) { return bytes.size() < 2 || bytes[0] != 0x30 || bytes[1] < 0x80; }

result<std::vector<pem_block>> pem_blocks(byte_view text, std::size_t blocks_max) {
  const crypto::error_queue_scope quiet;
  if (text.size() > limits::identity_pem_bytes_max) return refuse(refusal::too_large);
  const auto from = crypto::reading(text);
  std::vector<pem_block> out;
  while (out.size() < blocks_max) {
    char* label = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long bytes = 0;
    if (PEM_read_bio(from.get(), &label, &header, &data, &bytes) != 1) {
      if (is_at_end()) break;
      return refuse(refusal::malformed);
    }
    const text_ptr owned_label(label);
    const text_ptr owned_header(header);
    const bytes_ptr owned_data(data);
    if (*header != '\0') return refuse(refusal::malformed);  // RFC 1421's, which certificates have not
    out.push_back({label, byte_buffer(data, data + bytes)});
  }
  return out;
}

result<byte_buffer> one_object(byte_view pem_or_der, std::span<const std::string_view> labels, std::size_t bytes_max) {
  if (!is_pem(pem_or_der)) {
    if (pem_or_der.size() > bytes_max) return refuse(refusal::too_large);
    return to_buffer(pem_or_der);
  }
  PG_TRY(auto blocks, pem_blocks(pem_or_der, 2));
  if (blocks.size() != 1 || !std::ranges::contains(labels, blocks.front().label)) return refuse(refusal::malformed);
  if (blocks.front().der.size() > bytes_max) return refuse(refusal::too_large);
  return std::move(blocks.front().der);
}

}  // namespace perigee::identity::detail
