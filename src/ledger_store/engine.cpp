#include "ledger_store/engine.h"

namespace glucoledger::ledger_store {

Block::Block(Store::View view, const ledger::Position& before)
    : view_(std::move(view)), batch_(std::make_unique<ledger::StateBatch>(*view_)), before_(before) {}

Result<void> Block::read_parameters() {
  auto read = ledger::read_parameters(*batch_);
  if (!read && read.error().code != ErrorCode::kNotFound) return tl::unexpected(read.error());
  parameters_ = read ? std::optional(std::move(*read)) : std::nullopt;
  return {};
}

Result<ledger::Outcome> Block::apply(const ledger::Command& command) {
  ledger::StateBatch layer(*batch_);
  GL_TRY(outcome, ledger::apply(layer, parameters_, command));
  batch_->absorb(std::move(layer));
  if (outcome.new_parameters) GL_CHECK(read_parameters());
  return outcome;
}

Result<Block> Engine::begin() {
  GL_TRY(view, store_.view_for_commit());
  GL_TRY(before, ledger::latest_position(*view));
  Block block(std::move(view), before);
  GL_CHECK(block.read_parameters());
  return block;
}

Result<void> Engine::commit(Block block) {
  block.view_.reset();  // a failed commit opens the store anew, and waits for views
  if (block.batch_->empty()) return {};
  return store_.commit(*block.batch_);
}

Result<ledger::Outcome> Engine::run(const ledger::Command& command) {
  GL_TRY(block, begin());
  GL_TRY(outcome, block.apply(command));
  GL_CHECK(commit(std::move(block)));
  return outcome;
}

}  // namespace glucoledger::ledger_store
