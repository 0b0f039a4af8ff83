package imevent

// The kinds of elements that have a type here. Others are read as [RawContent].
const (
	kindText     = "TIMTextElem"
	kindCustom   = "TIMCustomElem"
	kindFace     = "TIMFaceElem"
	kindLocation = "TIMLocationElem"
	kindSound    = "TIMSoundElem"
	kindImage    = "TIMImageElem"
	kindFile     = "TIMFileElem"
	kindVideo    = "TIMVideoFileElem"
	kindRelay    = "TIMRelayElem"
)

// TextElem is a text.
type TextElem struct {
	// Text is what the user wrote.
	Text string `json:"Text"`

	Object
}

// CustomElem is content of the app's own. What its texts mean is between the app's
// clients; Data and Ext often are JSON.
type CustomElem struct {
	// Data is the app's payload.
	Data string `json:"Data" form:"json"`
	// Desc stands in the offline push.
	Desc string `json:"Desc"`
	// Ext is a second text of the app's; to iOS it goes along in the push.
	Ext string `json:"Ext" form:"json"`
	// Sound names the sound of the push on iOS.
	Sound string `json:"Sound"`

	Object
}

// FaceElem is an emoticon out of the app's own set.
type FaceElem struct {
	// Index numbers the emoticon; the app says from where.
	Index Opt[int64] `json:"Index"`
	// Data is what the app adds to it.
	Data string `json:"Data" form:"json"`

	Object
}

// LocationElem is a place.
type LocationElem struct {
	// Desc describes the place.
	Desc string `json:"Desc"`
	// Latitude is in degrees, north positive.
	Latitude Opt[float64] `json:"Latitude"`
	// Longitude is in degrees, east positive.
	Longitude Opt[float64] `json:"Longitude"`

	Object
}

// SoundElem is a voice message.
type SoundElem struct {
	// URL is where it can be fetched; empty in messages of old clients.
	URL string `json:"Url"`
	// UUID names the file to the clients.
	UUID string `json:"UUID"`
	// Size is in bytes.
	Size int64 `json:"Size"`
	// Second is how long it plays, in seconds.
	Second int64 `json:"Second"`
	// DownloadFlag is 2 where URL can be fetched as it is.
	DownloadFlag int64 `json:"Download_Flag"`

	Object
}

// ImageElem is an image in several sizes.
type ImageElem struct {
	// UUID names the image to the clients.
	UUID string `json:"UUID"`
	// ImageFormat is 1 for JPG, 2 for GIF, 3 for PNG, 4 for BMP and 255 for others.
	ImageFormat int64 `json:"ImageFormat"`
	// ImageInfoArray holds the sizes.
	ImageInfoArray []ImageInfo `json:"ImageInfoArray"`

	Object
}

// ImageInfo is one size of an image.
type ImageInfo struct {
	// Type is 1 for the original, 2 for a large image and 3 for a thumbnail.
	Type int64 `json:"Type"`
	// Size is in bytes.
	Size int64 `json:"Size"`
	// Width is in pixels.
	Width int64 `json:"Width"`
	// Height is in pixels.
	Height int64 `json:"Height"`
	// URL is where the image can be fetched.
	URL string `json:"URL" alt:"Url"`

	Object
}

// FileElem is a file.
type FileElem struct {
	// URL is where it can be fetched; empty in messages of old clients.
	URL string `json:"Url"`
	// UUID names the file to the clients.
	UUID string `json:"UUID"`
	// FileSize is in bytes.
	FileSize int64 `json:"FileSize"`
	// FileName is what the sender called it: show it with care.
	FileName string `json:"FileName"`
	// DownloadFlag is 2 where URL can be fetched as it is.
	DownloadFlag int64 `json:"Download_Flag"`

	Object
}

// VideoFileElem is a video with its thumbnail.
type VideoFileElem struct {
	// VideoURL is where the video can be fetched.
	VideoURL string `json:"VideoUrl"`
	// VideoUUID names the video to the clients.
	VideoUUID string `json:"VideoUUID"`
	// VideoSize is in bytes.
	VideoSize int64 `json:"VideoSize"`
	// VideoSecond is how long it plays, in seconds.
	VideoSecond int64 `json:"VideoSecond"`
	// VideoFormat is the file's ending, such as "mp4".
	VideoFormat string `json:"VideoFormat"`
	// VideoDownloadFlag is 2 where VideoURL can be fetched as it is.
	VideoDownloadFlag int64 `json:"VideoDownloadFlag"`
	// ThumbURL is where the thumbnail can be fetched.
	ThumbURL string `json:"ThumbUrl"`
	// ThumbUUID names the thumbnail to the clients.
	ThumbUUID string `json:"ThumbUUID"`
	// ThumbSize is in bytes.
	ThumbSize int64 `json:"ThumbSize"`
	// ThumbWidth is in pixels.
	ThumbWidth int64 `json:"ThumbWidth"`
	// ThumbHeight is in pixels.
	ThumbHeight int64 `json:"ThumbHeight"`
	// ThumbFormat is the file's ending, such as "JPG".
	ThumbFormat string `json:"ThumbFormat"`
	// ThumbDownloadFlag is 2 where ThumbURL can be fetched as it is.
	ThumbDownloadFlag int64 `json:"ThumbDownloadFlag"`

	Object
}

// RelayElem is a bundle of forwarded messages.
type RelayElem struct {
	// Title stands above the bundle.
	Title string `json:"Title"`
	// MsgNum is how many messages it holds.
	MsgNum int64 `json:"MsgNum"`
	// CompatibleText is for clients that cannot show bundles.
	CompatibleText string `json:"CompatibleText"`
	// AbstractList holds a line of each of the first messages.
	AbstractList []string `json:"AbstractList"`
	// MsgList holds the messages, where they fit into the body.
	MsgList []RelayedMessage `json:"MsgList"`

	Object
}

// RelayedMessage is one message of a [RelayElem].
type RelayedMessage struct {
	// FromAccount is who had sent it.
	FromAccount string `json:"From_Account"`
	// ToAccount is whom it was sent to; empty for a group's.
	ToAccount string `json:"To_Account"`
	// GroupID is the group it comes from; empty for a one-to-one message.
	GroupID string `json:"GroupId"`
	// MsgSeq is its sequence number there.
	MsgSeq int64 `json:"MsgSeq"`
	// MsgRandom is its random number.
	MsgRandom int64 `json:"MsgRandom"`
	// MsgTimeStamp is when it was sent.
	MsgTimeStamp Seconds `json:"MsgTimeStamp"`
	// MsgBody holds its elements. A bundle in a bundle is among them as it is.
	MsgBody []Element `json:"MsgBody"`
	// CloudCustomData is the app's own addition to it.
	CloudCustomData string `json:"CloudCustomData" form:"json"`

	Object
}

// Kind returns "TIMTextElem".
func (TextElem) Kind() string { return kindText }

// Kind returns "TIMCustomElem".
func (CustomElem) Kind() string { return kindCustom }

// Kind returns "TIMFaceElem".
func (FaceElem) Kind() string { return kindFace }

// Kind returns "TIMLocationElem".
func (LocationElem) Kind() string { return kindLocation }

// Kind returns "TIMSoundElem".
func (SoundElem) Kind() string { return kindSound }

// Kind returns "TIMImageElem".
func (ImageElem) Kind() string { return kindImage }

// Kind returns "TIMFileElem".
func (FileElem) Kind() string { return kindFile }

// Kind returns "TIMVideoFileElem".
func (VideoFileElem) Kind() string { return kindVideo }

// Kind returns "TIMRelayElem".
func (RelayElem) Kind() string { return kindRelay }

func (TextElem) content() {}

func (CustomElem) content() {}

func (FaceElem) content() {}

func (LocationElem) content() {}

func (SoundElem) content() {}

func (ImageElem) content() {}

func (FileElem) content() {}

func (VideoFileElem) content() {}

func (RelayElem) content() {}
