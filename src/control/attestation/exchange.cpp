#include "control/attestation/exchange.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "crypto/base64.hpp"

namespace perigee::control::attestation {
namespace {

namespace json = boost::json;

constexpr std::uint32_t pcr_count = 24;

json::string text_of(byte_view bytes) { return json::string(crypto::to_base64(bytes, crypto::padding::with)); }

result<json::object> object_in(std::string_view text) {
  boost::system::error_code bad;
  auto read = json::parse(text, bad);
  if (bad || !read.is_object()) return fail(errc::malformed, "the body is no JSON object");
  return std::move(read.get_object());
}

/// Reads members, and remembers whether one was missing or no text: the first such is what is told.
class members {
 public:
  explicit members(const json::object& of) : of_(of) {}

  std::string text(std::string_view name, const char* otherwise) {
    const auto* found = of_.if_contains(name);
    if (found != nullptr && found->is_string()) return std::string(std::string_view(found->get_string()));
    wrong(otherwise);
    return {};
  }
  byte_buffer bytes(std::string_view name, const char* otherwise) {
    auto decoded = crypto::from_base64(text(name, otherwise), crypto::padding::with);
    if (!decoded) wrong(otherwise);
    return decoded ? *std::move(decoded) : byte_buffer();
  }
  byte_buffer optional_bytes(std::string_view name, const char* otherwise) {
    return of_.contains(name) ? bytes(name, otherwise) : byte_buffer();
  }
  void wrong(const char* what) {
    if (wrong_ == nullptr) wrong_ = what;
  }
  template <class T>
  result<T> finish(T made) const {
    if (wrong_ != nullptr) return fail(errc::malformed, wrong_);
    return made;
  }

 private:
  const json::object& of_;
  const char* wrong_ = nullptr;
};

json::array list_of(std::uint32_t pcrs) {
  json::array out;
  for (std::uint32_t pcr = 0; pcr < pcr_count; ++pcr) {
    if ((pcrs & (1U << pcr)) != 0) out.emplace_back(pcr);
  }
  return out;
}

std::uint32_t pcrs_in(const json::object& of, members& told) {
  std::uint32_t out = 0;
  const auto* found = of.if_contains("pcrs");
  if (found == nullptr || !found->is_array()) {
    told.wrong("pcrs is a list of numbers");
    return out;
  }
  for (const auto& each : found->get_array()) {
    const auto number = each.try_to_number<std::uint32_t>();
    if (!number || *number >= pcr_count) {
      told.wrong("a PCR is a number from 0 to 23");
    } else {
      out |= 1U << *number;
    }
  }
  return out;
}

constexpr std::string_view sha256_bank = "sha256";
constexpr std::string_view sha384_bank = "sha384";

std::string_view name_of_bank(wire::tpm::algorithm bank) {
  using wire::tpm::algorithm;
  if (bank == algorithm::sha512) return "sha512";
  return bank == algorithm::sha384 ? sha384_bank : sha256_bank;
}

wire::tpm::algorithm bank_in(std::string_view name, members& told) {
  using wire::tpm::algorithm;
  if (name == sha256_bank) return algorithm::sha256;
  if (name == sha384_bank) return algorithm::sha384;
  if (name != "sha512") told.wrong("bank is sha256, sha384 or sha512");
  return algorithm::sha512;
}

}  // namespace

std::string to_json(const application& of) {
  json::object out{{"name", of.name},
                   {"endorsement_key", text_of(of.endorsement_key)},
                   {"attestation_key", text_of(of.attestation_key)}};
  if (!of.endorsement_cert.empty()) out["endorsement_certificate"] = text_of(of.endorsement_cert);
  return json::serialize(out);
}

std::string to_json(const challenge& of) {
  return json::serialize(json::object{{"challenge", of.id},
                                      {"nonce", text_of(of.nonce)},
                                      {"credential", text_of(of.sealed.blob)},
                                      {"secret", text_of(of.sealed.encrypted_secret)},
                                      {"bank", name_of_bank(of.pcrs.bank)},
                                      {"pcrs", list_of(of.pcrs.pcrs)},
                                      {"expires", to_iso8601(of.expires)}});
}

std::string to_json(const enrolment_wish& of) {
  const auto& shown = of.evidence;
  return json::serialize(json::object{{"name", shown.name},
                                      {"kind", of.as_node ? "node" : "device"},
                                      {"challenge", shown.challenge},
                                      {"secret", text_of(shown.secret)},
                                      {"quote", text_of(shown.quote)},
                                      {"quote_signature", text_of(shown.quote_signature)},
                                      {"event_log", text_of(shown.log)},
                                      {"device_key", text_of(shown.device_key)},
                                      {"certification", text_of(shown.certification)},
                                      {"certification_signature", text_of(shown.certification_signature)},
                                      {"request", text_of(of.request)}});
}

result<application> read_application(std::string_view text) {
  PG_TRY(const auto object, object_in(text));
  members from(object);
  application out{.name = from.text("name", "name is a text"),
                  .endorsement_key = from.bytes("endorsement_key", "endorsement_key is a TPM2B_PUBLIC in base64")};
  out.endorsement_cert =
      from.optional_bytes("endorsement_certificate", "endorsement_certificate is a certificate in DER in base64");
  out.attestation_key = from.bytes("attestation_key", "attestation_key is a TPM2B_PUBLIC in base64");
  return from.finish(std::move(out));
}

result<challenge> read_challenge(std::string_view text) {
  PG_TRY(const auto object, object_in(text));
  members from(object);
  challenge out{.id = from.text("challenge", "challenge is a text")};
  const auto nonce = from.bytes("nonce", "nonce is 32 bytes in base64");
  if (nonce.size() == out.nonce.size()) {
    std::ranges::copy(nonce, out.nonce.begin());
  } else {
    from.wrong("nonce is 32 bytes in base64");
  }
  out.sealed.blob = from.bytes("credential", "credential is a TPM2B_ID_OBJECT in base64");
  out.sealed.encrypted_secret = from.bytes("secret", "secret is a TPM2B_ENCRYPTED_SECRET in base64");
  out.pcrs = {bank_in(from.text("bank", "bank is a text"), from), pcrs_in(object, from)};
  return from.finish(std::move(out));
}

result<enrolment_wish> read_wish(std::string_view text) {
  PG_TRY(const auto object, object_in(text));
  members from(object);
  enrolment_wish out;
  auto& shown = out.evidence;
  shown.name = from.text("name", "name is a text");
  shown.challenge = from.text("challenge", "challenge is a text");
  shown.secret = from.bytes("secret", "secret is what the credential held, in base64");
  shown.quote = from.bytes("quote", "quote is a TPMS_ATTEST in base64");
  shown.quote_signature = from.bytes("quote_signature", "quote_signature is a TPMT_SIGNATURE in base64");
  shown.log = from.bytes("event_log", "event_log is a TCG event log in base64");
  shown.device_key = from.bytes("device_key", "device_key is a TPM2B_PUBLIC in base64");
  shown.certification = from.bytes("certification", "certification is a TPMS_ATTEST in base64");
  shown.certification_signature =
      from.bytes("certification_signature", "certification_signature is a TPMT_SIGNATURE in base64");
  out.request = from.bytes("request", "request is PKCS #10 in base64");
  const auto kind = from.text("kind", "kind is node or device");
  if (kind != "node" && kind != "device") from.wrong("kind is node or device");
  out.as_node = kind == "node";
  return from.finish(std::move(out));
}

}  // namespace perigee::control::attestation
