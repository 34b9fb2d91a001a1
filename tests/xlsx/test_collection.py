import gc

from rpxl.xlsx.collection import without_collection


def test_collection_is_held_off_and_comes_back():
    @without_collection()
    def inside():
        with without_collection():
            assert not gc.isenabled()
        return gc.isenabled()

    assert gc.isenabled() and not inside() and gc.isenabled()
    gc.disable()
    try:
        with without_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
