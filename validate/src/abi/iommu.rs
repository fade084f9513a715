//! `<iommu>`.

use virtargv_model::device::iommu::Iommu;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Row, Value, key, row};

virtargv_model::rules! {
    /// An IOMMU keeps its model.
    MODEL = "abi-iommu-model": Unsupported, Validate,
        "`<iommu model=>`",
        help "set `model=` as in the source";
    /// An IOMMU keeps its capabilities.
    DRIVER = "abi-iommu-driver": Unsupported, Validate,
        "`<iommu><driver>`: the capability registers that the guest reads",
        help "set the attribute of `<driver>` as in the source";
}

impl Compared for Iommu {
    const ELEMENT: &'static str = "iommu";
    const ROWS: &'static [Row<Self>] = &[
        key(&MODEL, "@model", |iommu| Value::word(iommu.model)),
        row(&DRIVER, "driver/@intremap", |iommu| Value::word(iommu.driver.intremap)),
        row(&DRIVER, "driver/@caching_mode", |iommu| Value::word(iommu.driver.caching_mode)),
        row(&DRIVER, "driver/@eim", |iommu| Value::word(iommu.driver.eim)),
        row(&DRIVER, "driver/@iotlb", |iommu| Value::word(iommu.driver.iotlb)),
        row(&DRIVER, "driver/@aw_bits", |iommu| Value::or_zero(iommu.driver.aw_bits)),
        row(&DRIVER, "driver/@dma_translation", |iommu| Value::word(iommu.driver.dma_translation)),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}
