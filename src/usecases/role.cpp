#include "usecases/role.h"

#include "base/advice.h"

namespace glucoledger::usecases {

Result<void> require_role(const home::Home& home, home::Role role) {
  const auto own = home.settings().role;
  if (own == role) return {};
  return fail(ErrorCode::kUsage, "this is a " + std::string(home::name_of(own)) + "'s home",
              role == home::Role::kPatient ? Advice::kChoosePatientHome : Advice::kChooseClinicHome);
}

}  // namespace glucoledger::usecases
