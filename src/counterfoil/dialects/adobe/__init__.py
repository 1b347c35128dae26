"""The REST language of Adobe Commerce (Magento 2), as recorded from a running 2.4.7."""
