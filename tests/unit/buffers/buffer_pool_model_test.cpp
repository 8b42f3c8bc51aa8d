#include "sluice/buffers/buffer_pool.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "sluice/buffers/receive_buffer.hpp"
#include "unit/buffers/pool_fixture.hpp"

namespace sluice {
namespace {

using test::block_b_min;
using test::header_b;
using test::pool_of;
using test::slab_b;

/// One step: what is done, to which of those there are, and a size.
struct Step {
    enum Kind { acquire, wrap, receive, receive_copy, share, slice, drop, release, reopen };
    unsigned kind;
    std::size_t which;
    std::size_t size;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
    return out << '{' << step.kind << ',' << step.which << ',' << step.size << '}';
}

/// The pool, beside a naive account of what must be out and of every byte.
class Model {
  public:
    void run(const Step& step) {
        switch (step.kind) {
            case Step::acquire:
                acquire(step.size);
                break;
            case Step::wrap:
                wrap(step.size % 500);
                break;
            case Step::receive:
                receive(step.which, 1 + step.size % offer, false);
                break;
            case Step::receive_copy:
                receive(step.which, 1 + step.size % offer, true);
                break;
            case Step::share:
                share(step.which);
                break;
            case Step::slice:
                slice(step.which, step.size);
                break;
            case Step::drop:
                drop(step.which);
                break;
            case Step::release:
                release();
                break;
            default:
                reopen(step.which);
                break;
        }
        check();
    }

    void drop_everything() {
        while (!held.empty()) {
            drop(0);
            check();
        }
        release();
        for (std::size_t i = 0; i < accounts.size(); ++i) {
            reopen(i);
            accounts[i] = {};
        }
        guard.reset();
        open.clear();
        RC_ASSERT(pool.statistics().used_b == 0u);
        RC_ASSERT(pool.statistics().blocks == 0u);
        RC_ASSERT(pool.acquire(pool_of(slabs).size_b - header_b).has_value());
    }

  private:
    static constexpr std::size_t slabs = 8;
    static constexpr std::size_t offer = 9000;

    /// What a Buffer keeps: a block of a size, or a lease of the slab that ends at `slab`.
    struct Block {
        std::size_t size_b = 0;
        int account = -1;
        const std::byte* slab = nullptr;
        const std::vector<std::byte>* lent = nullptr;
    };
    struct Held {
        Buffer buffer;
        std::vector<std::byte> bytes;
        std::shared_ptr<Block> block;
    };

    static std::size_t block_b(std::size_t bytes) {
        std::size_t size = block_b_min;
        while (size - header_b < bytes) {
            size *= 2;
        }
        return size > 8192 && size < slab_b ? slab_b : size;
    }

    std::vector<std::byte> new_bytes(std::size_t size) {
        std::vector<std::byte> bytes(size);
        for (std::byte& one : bytes) {
            one = static_cast<std::byte>(next_byte++ * 37 % 251);
        }
        return bytes;
    }

    void acquire(std::size_t size) {
        Result<Buffer> buffer = pool.acquire(size);
        if (!buffer) {
            RC_ASSERT(buffer.error().code() == Errc::would_block);
            return;
        }
        std::vector<std::byte> bytes = new_bytes(size);
        std::copy(bytes.begin(), bytes.end(), buffer->writable().begin());
        add(*std::move(buffer), std::move(bytes), {.size_b = block_b(size)});
    }

    void wrap(std::size_t size) {
        auto memory = std::make_unique<std::vector<std::byte>>(new_bytes(size));
        Result<Buffer> buffer = pool.wrap(*memory, &Model::on_release, this);
        RC_ASSERT(buffer.has_value());  // the guard keeps a slab of this class
        add(*std::move(buffer), *memory, {.size_b = block_b_min, .lent = memory.get()});
        lent.push_back(std::move(memory));
        ++loans;
    }

    static void on_release(void* context, std::span<const std::byte>) noexcept {
        ++static_cast<Model*>(context)->loans_returned;
    }

    void receive(std::size_t which, std::size_t size, bool copy) {
        const int number = open[which % open.size()];
        BufferAccount& account = accounts[which % open.size()];
        Result<std::span<std::byte>> offered = receiver.writable(account);
        has_spare = true;
        if (!offered) {
            current = nullptr;
            return;
        }
        RC_ASSERT(offered->size() >= offer);
        current = offered->data() + offered->size();
        std::vector<std::byte> bytes = new_bytes(size);
        std::copy(bytes.begin(), bytes.end(), offered->begin());
        Buffer buffer = copy ? receiver.take_copy(size, account) : receiver.take(size, account);
        if (buffer.data() != offered->data()) {
            add(std::move(buffer), std::move(bytes), {.size_b = block_b(size), .account = number});
            return;
        }
        // All slices that an account has of a slab hold one lease.
        std::shared_ptr<Block> lease = leases[{number, current}].lock();
        if (!lease) {
            lease = std::make_shared<Block>(
                Block{.size_b = block_b_min, .account = number, .slab = current});
            leases[{number, current}] = lease;
        }
        held.push_back({std::move(buffer), std::move(bytes), std::move(lease)});
    }

    void share(std::size_t which) {
        if (!held.empty()) {
            const Held& one = held[which % held.size()];
            Held other{one.buffer.share(), one.bytes, one.block};
            held.push_back(std::move(other));
        }
    }

    void slice(std::size_t which, std::size_t size) {
        if (held.empty()) {
            return;
        }
        const Held& one = held[which % held.size()];
        const std::size_t offset = which % (one.bytes.size() + 1);
        const std::size_t count = size % (one.bytes.size() - offset + 1);
        const auto begin = one.bytes.begin() + static_cast<std::ptrdiff_t>(offset);
        Held part{one.buffer.slice(offset, count),
                  std::vector<std::byte>(begin, begin + static_cast<std::ptrdiff_t>(count)),
                  one.block};
        held.push_back(std::move(part));
    }

    void drop(std::size_t which) {
        if (!held.empty()) {
            std::swap(held[which % held.size()], held.back());
            held.pop_back();
        }
    }

    void release() {
        receiver.release();
        current = nullptr;
        has_spare = false;
    }

    /// Closes an account, whose charges may live on, and opens another in its place.
    void reopen(std::size_t which) {
        const std::size_t place = which % accounts.size();
        accounts[place] = BufferAccount();
        accounts[place] = *pool.open_account(slab_b);
        open[place] = next_account++;
    }

    void add(Buffer buffer, std::vector<std::byte> bytes, Block block) {
        held.push_back({std::move(buffer), std::move(bytes), std::make_shared<Block>(block)});
    }

    void check() const {
        std::set<const Block*> blocks;
        std::set<const std::byte*> slabs_out;
        std::set<int> accounts_out(open.begin(), open.end());
        std::map<int, std::size_t> charged;
        std::size_t used_b = block_b_min + (has_spare ? block_b_min : 0);
        std::uint64_t loans_out = 0;
        for (const Held& one : held) {
            RC_ASSERT(std::ranges::equal(one.buffer.bytes(), one.bytes));
            const Block& block = *one.block;
            if (!blocks.insert(&block).second) {
                continue;
            }
            used_b += block.size_b;
            loans_out += block.lent != nullptr ? 1u : 0u;
            if (block.account >= 0) {
                accounts_out.insert(block.account);
                charged[block.account] += block.slab != nullptr ? slab_b : block.size_b;
            }
            if (block.slab != nullptr) {
                slabs_out.insert(block.slab);
            }
        }
        if (current != nullptr) {
            slabs_out.insert(current);
        }
        used_b += slabs_out.size() * slab_b + accounts_out.size() * block_b_min;
        const BufferPoolStatistics now = pool.statistics();
        RC_ASSERT(now.used_b == used_b);
        RC_ASSERT(now.used_b <= now.mapped_b);
        RC_ASSERT(now.mapped_b <= now.size_b);
        RC_ASSERT(loans - loans_returned == loans_out);
        for (std::size_t i = 0; i < open.size(); ++i) {
            RC_ASSERT(accounts[i].held_bytes() == charged[open[i]]);
        }
    }

    std::vector<std::unique_ptr<std::vector<std::byte>>> lent;
    BufferPool pool{pool_of(slabs)};
    Buffer guard = *pool.acquire(0);  // of the smallest class, so that its slab stays
    ReceiveBuffer receiver{pool, offer};
    std::array<BufferAccount, 3> accounts{*pool.open_account(slab_b), *pool.open_account(slab_b),
                                          *pool.open_account(slab_b)};
    std::vector<int> open{0, 1, 2};  // the number of the account in each place
    int next_account = 3;
    std::vector<Held> held;
    std::map<std::pair<int, const std::byte*>, std::weak_ptr<Block>> leases;
    const std::byte* current = nullptr;  // the end of the slab being filled
    bool has_spare = false;
    std::uint64_t loans = 0;
    std::uint64_t loans_returned = 0;
    unsigned next_byte = 0;
};

rc::Gen<Step> any_step() {
    const auto index = rc::gen::inRange<std::size_t>(0, 1000);
    const auto size = rc::gen::oneOf(rc::gen::inRange<std::size_t>(0, 300),
                                     rc::gen::inRange<std::size_t>(0, 9000),
                                     rc::gen::inRange<std::size_t>(0, 3 * slab_b));
    const auto kind = rc::gen::weightedElement<unsigned>({{4, Step::acquire},
                                                          {2, Step::wrap},
                                                          {6, Step::receive},
                                                          {3, Step::receive_copy},
                                                          {2, Step::share},
                                                          {2, Step::slice},
                                                          {9, Step::drop},
                                                          {1, Step::release},
                                                          {1, Step::reopen}});
    return rc::gen::build<Step>(rc::gen::set(&Step::kind, kind), rc::gen::set(&Step::which, index),
                                rc::gen::set(&Step::size, size));
}

RC_GTEST_PROP(BufferPoolModel, EveryByteAndEveryBlockIsAccountedForAtEveryStep, ()) {
    const std::vector<Step> steps = *rc::gen::container<std::vector<Step>>(any_step());
    Model model;
    for (const Step& step : steps) {
        model.run(step);
    }
    model.drop_everything();
}

}  // namespace
}  // namespace sluice
