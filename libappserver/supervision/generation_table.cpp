#include "supervision/generation_table.h"

namespace appserver::supervision {

GenerationEntry& GenerationTable::add(Generation generation) {
  GenerationEntry& entry = entries_[generation];
  entry.generation = generation;
  return entry;
}

GenerationEntry* GenerationTable::find(Generation generation) {
  const auto entry = entries_.find(generation);
  return entry == entries_.end() ? nullptr : &entry->second;
}

const GenerationEntry* GenerationTable::find(Generation generation) const {
  const auto entry = entries_.find(generation);
  return entry == entries_.end() ? nullptr : &entry->second;
}

bool GenerationTable::can_fork(Generation generation) const {
  const GenerationEntry* const entry = find(generation);
  return entry != nullptr && entry->zygote.state == ZygoteState::Ready;
}

}  // namespace appserver::supervision
