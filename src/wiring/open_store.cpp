#include "wiring/open_store.h"

#include "content_store/embedded_store.h"

namespace glucoledger::wiring {

Result<std::unique_ptr<ports::ContentStore>> open_store(const locator::Locator& place, bool read_only,
                                                        const base::CancelToken& cancel) {
  if (!place.may_be_store()) {
    return fail(ErrorCode::kUsage,
                "a content store is a folder, or a URL behind kubo:, cluster: or agent:", "name a folder");
  }
  if (!place.is_folder()) {
    return fail(
        ErrorCode::kUsage,
        "this version has no engine for content stores of the kind " + std::string(locator::name_of(place.kind())),
        "name a folder, or use a newer version");
  }
  GL_TRY(store, content_store::EmbeddedStore::open(place, read_only, cancel));
  return std::unique_ptr<ports::ContentStore>(std::move(store));
}

}  // namespace glucoledger::wiring
