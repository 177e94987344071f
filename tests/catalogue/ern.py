"""DDEX release messages of our own making, after the public description of the standard."""

from __future__ import annotations

CHECKSUM = "F2F1ABEC3B5EBBA5B9A8E2C2E4B6F9E5"

ERN_43 = """<?xml version="1.0" encoding="UTF-8"?>
<ern:NewReleaseMessage xmlns:ern="http://ddex.net/xml/ern/43" AvsVersionId="5">
  <MessageHeader>
    <MessageId>M1</MessageId>
    <MessageSender>
      <PartyId>PADPIDA2014120301Z</PartyId>
      <PartyName><FullName>Sender</FullName></PartyName>
    </MessageSender>
  </MessageHeader>
  <PartyList>
    <Party>
      <PartyReference>P1</PartyReference>
      <PartyId><ISNI>0000000121032683</ISNI><IPN>123456</IPN></PartyId>
      <PartyName><FullName>Zoé Exemple</FullName></PartyName>
    </Party>
    <Party>
      <PartyReference>P2</PartyReference>
      <PartyName><FullName>Invité</FullName></PartyName>
    </Party>
    <Party>
      <PartyReference>P3</PartyReference>
      <PartyName><FullName>Disques Exemple; SARL</FullName></PartyName>
    </Party>
    <Party>
      <PartyReference>P4</PartyReference>
      <PartyId><IpiNameNumber>00052210040</IpiNameNumber></PartyId>
      <PartyName><FullName>Compositrice</FullName></PartyName>
    </Party>
  </PartyList>
  <ResourceList>
    <SoundRecording>
      <ResourceReference>A1</ResourceReference>
      <Type>MusicalWorkSoundRecording</Type>
      <SoundRecordingEdition>
        <Type>NonImmersiveEdition</Type>
        <ResourceId><ISRC>FRZ039800212</ISRC></ResourceId>
        <PLine><Year>2024</Year><PLineText>(P) 2024 Disques Exemple</PLineText></PLine>
        <TechnicalDetails>
          <TechnicalResourceDetailsReference>T1</TechnicalResourceDetailsReference>
          <DeliveryFile>
            <Type>AudioFile</Type>
            <File>
              <URI>resources/01%20L%27%C3%A9t%C3%A9.wav</URI>
              <HashSum>
                <Algorithm>MD5</Algorithm>
                <HashSumValue>F2F1ABEC3B5EBBA5B9A8E2C2E4B6F9E5</HashSumValue>
              </HashSum>
            </File>
          </DeliveryFile>
        </TechnicalDetails>
      </SoundRecordingEdition>
      <SoundRecordingEdition>
        <Type>ImmersiveEdition</Type>
        <ResourceId><ISRC>FRZ039800213</ISRC></ResourceId>
        <TechnicalDetails>
          <DeliveryFile><File><URI>resources/01_atmos.wav</URI></File></DeliveryFile>
        </TechnicalDetails>
      </SoundRecordingEdition>
      <WorkId><ISWC>T0345246801</ISWC></WorkId>
      <DisplayTitleText LanguageAndScriptCode="fr">L'été (Live)</DisplayTitleText>
      <DisplayTitle><TitleText>L'été</TitleText><SubTitle>Live</SubTitle></DisplayTitle>
      <DisplayArtistName>Zoé Exemple feat. Invité</DisplayArtistName>
      <DisplayArtist SequenceNumber="1">
        <ArtistPartyReference>P1</ArtistPartyReference>
        <DisplayArtistRole>MainArtist</DisplayArtistRole>
      </DisplayArtist>
      <DisplayArtist SequenceNumber="2">
        <ArtistPartyReference>P2</ArtistPartyReference>
        <DisplayArtistRole>FeaturedArtist</DisplayArtistRole>
      </DisplayArtist>
      <Contributor>
        <ContributorPartyReference>P4</ContributorPartyReference>
        <Role>Composer</Role>
      </Contributor>
      <ResourceRightsController>
        <RightsControllerPartyReference>P3</RightsControllerPartyReference>
      </ResourceRightsController>
    </SoundRecording>
    <Video>
      <ResourceReference>A2</ResourceReference>
      <ResourceId><ISRC>FRZ039800214</ISRC></ResourceId>
      <DisplayTitleText>Le film</DisplayTitleText>
      <DisplayArtistName>Zoé Exemple</DisplayArtistName>
      <PLine><Year>2024</Year><PLineText>2024 Films Exemple</PLineText></PLine>
      <CLine><Year>2024</Year><CLineText>(C) 2024 Films Exemple</CLineText></CLine>
      <TechnicalDetails>
        <File><FilePath>resources/</FilePath><FileName>film.mp4</FileName></File>
      </TechnicalDetails>
    </Video>
    <Image>
      <ResourceReference>A3</ResourceReference>
      <Type>FrontCoverImage</Type>
      <ResourceId><ProprietaryId Namespace="DPID:X">cover</ProprietaryId></ResourceId>
      <TechnicalDetails><File><URI>file:///deliver/resources/cover.jpg</URI></File></TechnicalDetails>
    </Image>
  </ResourceList>
  <ReleaseList>
    <Release>
      <ReleaseReference>R0</ReleaseReference>
      <ReleaseId>
        <GRid>A10302B0000000000X</GRid>
        <ICPN>3600000000009</ICPN>
        <CatalogNumber Namespace="DPID:X">EX 001</CatalogNumber>
      </ReleaseId>
      <ReleaseLabelReference>P3</ReleaseLabelReference>
      <CLine><Year>2024</Year><CLineText>© 2024 Disques Exemple</CLineText></CLine>
      <ResourceGroup>
        <ResourceGroupContentItem>
          <ReleaseResourceReference>A1</ReleaseResourceReference>
        </ResourceGroupContentItem>
        <ResourceGroupContentItem>
          <ReleaseResourceReference>A2</ReleaseResourceReference>
        </ResourceGroupContentItem>
      </ResourceGroup>
    </Release>
  </ReleaseList>
</ern:NewReleaseMessage>
"""

ERN_382 = """<?xml version="1.0" encoding="utf-8"?>
<ernm:NewReleaseMessage xmlns:ernm="http://ddex.net/xml/ern/382">
  <ResourceList>
    <SoundRecording>
      <SoundRecordingId><ISRC>FRZ039800212</ISRC></SoundRecordingId>
      <ResourceReference>A1</ResourceReference>
      <ReferenceTitle><TitleText>Song</TitleText><SubTitle>Remix</SubTitle></ReferenceTitle>
      <SoundRecordingDetailsByTerritory>
        <TerritoryCode>Worldwide</TerritoryCode>
        <DisplayArtist>
          <PartyName><FullName>A Band</FullName></PartyName>
          <ArtistRole>MainArtist</ArtistRole>
        </DisplayArtist>
        <ResourceContributor>
          <PartyName><FullName>A Writer</FullName></PartyName>
          <ResourceContributorRole>Lyricist</ResourceContributorRole>
        </ResourceContributor>
        <PLine><Year>2020</Year><PLineCompany>A Company</PLineCompany></PLine>
        <TechnicalSoundRecordingDetails>
          <File><FileName>A1.flac</FileName><FilePath>audio</FilePath></File>
        </TechnicalSoundRecordingDetails>
      </SoundRecordingDetailsByTerritory>
    </SoundRecording>
  </ResourceList>
  <ReleaseList>
    <Release>
      <ReleaseId><ICPN IsEan="false">012345678905</ICPN></ReleaseId>
      <ReleaseResourceReferenceList>
        <ReleaseResourceReference>A1</ReleaseResourceReference>
      </ReleaseResourceReferenceList>
      <ReleaseDetailsByTerritory><LabelName>A Label</LabelName></ReleaseDetailsByTerritory>
    </Release>
  </ReleaseList>
</ernm:NewReleaseMessage>
"""
